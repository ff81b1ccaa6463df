using LoraComposition.Experiments;

namespace LoraComposition.CommandLine;

/// <summary>Shows all results in the folder of an experiment as one page, <c>report.html</c>.</summary>
public static class ExperimentPage
{
    /// <summary>The page's name in the folder of the results.</summary>
    public const string Name = "report.html";

    /// <summary>Writes the page, whole or not at all, and says where it is.</summary>
    /// <param name="settings">The settings; there are results in their folder.</param>
    /// <param name="title">The page's title.</param>
    /// <exception cref="RunFileException">A file in the folder is damaged.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static void Write(ExperimentSettings settings, string title)
    {
        ArgumentNullException.ThrowIfNull(settings);
        string page = Path.Combine(settings.Out, Name);
        ResultsReport.Read([settings.Out], title).SavePage(page);
        Console.WriteLine($"Report: {page}; figures and tables as files: lora-compose report {settings.Out} --out FILE --figures DIR --tables DIR");
    }
}

using LoraComposition.Experiments;
using LoraComposition.FewShot;

namespace LoraComposition.CommandLine;

/// <summary>
/// Shows what an experiment found: a table and sentences on the console, a plot in the folder of the results, beside the <c>summary.csv</c> and <c>runs.csv</c> of the run.
/// </summary>
public static class ExperimentReport
{
    /// <summary>Writes it all.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="results">The results of all runs.</param>
    /// <param name="title">The title of the plot, and of the table with <paramref name="measure"/>.</param>
    /// <param name="measure">What the numbers are, for example <c>top-1 accuracy on 100 test images</c>.</param>
    /// <param name="labels">The labels of the plot's axes.</param>
    /// <param name="references">The methods that the best one is always compared with.</param>
    public static void Write(ExperimentSettings settings, ExperimentResults results, string title, string measure, PlotLabels labels,
        IReadOnlyList<string> references)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(results);
        var summary = results.Summary;
        AccuracyPlot.Save(summary, title, Path.Combine(settings.Out, "accuracy"), labels);
        Console.WriteLine($"{title}; {measure}, mean [95 % interval of the mean, Student's t] over {settings.Seeds.Count} seeds");
        ConsoleTable.Of(SummaryGrid.Of(summary)).Write();
        foreach (string line in CoincidenceReading.Of(summary, results.Runs)) Console.WriteLine(line);
        foreach (string line in RemarkReading.Of(results.Runs)) Console.WriteLine($"warning: {line}");
        foreach (string sentence in SummaryReading.Of(summary, results.Runs, references)) Console.WriteLine(sentence);
        Console.WriteLine($"Results: {Path.Combine(settings.Out, "summary.csv")}, runs.csv with a row a run, accuracy.png and accuracy.svg beside it, one file for each run in {settings.RunFolder}.");
    }

    /// <summary>Writes another number of the same runs: a table on the console, a CSV file in the folder of the results.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="results">The results of all runs.</param>
    /// <param name="name">Its name in <see cref="RunResult.Scores"/>, which becomes the file's name.</param>
    /// <param name="measure">What it is.</param>
    public static void WriteScore(ExperimentSettings settings, ExperimentResults results, string name, string measure)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(results);
        var summary = Summary.Of(results.Runs, [.. settings.Methods.Select(m => m.Name)], r => r.Scores[name]);
        string file = Path.Combine(settings.Out, $"summary-{name}.csv");
        summary.WriteCsv(file);
        Console.WriteLine($"{measure} ({file})");
        ConsoleTable.Of(SummaryGrid.Of(summary)).Write();
        foreach (string line in CoincidenceReading.Of(summary, results.Runs)) Console.WriteLine(line);
    }
}

/// <summary>Shows all results in the folder of an experiment as one page, <c>report.html</c>.</summary>
public static class ExperimentPage
{
    /// <summary>The page's name in the folder of the results.</summary>
    public const string Name = "report.html";

    /// <summary>Writes the page, whole or not at all, and says where it is.</summary>
    /// <param name="settings">The settings; there are results in their folder.</param>
    /// <param name="title">The page's title.</param>
    /// <param name="results">The experiments that this process ran; what others left in the folder is read.</param>
    /// <param name="matrices">The matrices that this process wrote there, and the paths of their files without the extension.</param>
    /// <exception cref="RunFileException">A file in the folder is damaged.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static void Write(ExperimentSettings settings, string title, IReadOnlyList<ExperimentResults> results,
        IReadOnlyList<(LayerMatrix Matrix, string PathWithoutExtension)>? matrices = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        string page = Path.Combine(settings.Out, Name);
        ResultsReport.Read([settings.Out], title, results, matrices).SavePage(page);
        if (settings.IsDemonstration) Console.WriteLine("The base model is the small one that comes with the program: this shows that every part works. What modules are worth is measured in docs/results.");
        Console.WriteLine($"Report: {page}; figures and tables as files: lora-compose report {settings.Out} --out FILE --figures DIR --tables DIR");
    }
}

using LoraComposition.Experiments;
using Spectre.Console;

namespace LoraComposition.CommandLine;

/// <summary>Shows what an experiment found: a table and sentences on the console, a plot in the folder of the results, beside the <c>summary.csv</c> of the run.</summary>
public static class ExperimentReport
{
    /// <summary>Writes it all.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="results">The results of all runs.</param>
    /// <param name="title">The title of the plot, and of the table with <paramref name="measure"/>.</param>
    /// <param name="measure">What the numbers are, for example <c>top-1 accuracy on 100 test images</c>.</param>
    /// <param name="labels">The labels of the plot's axes.</param>
    /// <param name="references">The methods that the best one is always compared with.</param>
    public static void Write(ExperimentSettings settings, IReadOnlyList<RunResult> results, string title, string measure, PlotLabels labels, IReadOnlyList<string> references)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(results);
        var summary = Of(settings, results);
        AccuracyPlot.Save(summary, title, Path.Combine(settings.Out, "accuracy"), labels);
        Console.WriteLine($"{title}; {measure}, mean ± standard deviation over {settings.Seeds.Count} seeds");
        SummaryTable.Write(AnsiConsole.Console, summary);
        foreach (string sentence in SummaryReading.Of(summary, references)) Console.WriteLine(sentence);
        Console.WriteLine($"Results: {Path.Combine(settings.Out, "summary.csv")}, accuracy.png and accuracy.svg beside it, one file for each run in {settings.RunFolder}.");
    }

    /// <summary>Writes another number of the same runs: a table on the console, a CSV file in the folder of the results.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="results">The results of all runs.</param>
    /// <param name="name">Its name in <see cref="RunResult.Scores"/>, which becomes the file's name.</param>
    /// <param name="measure">What it is.</param>
    public static void WriteScore(ExperimentSettings settings, IReadOnlyList<RunResult> results, string name, string measure)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(results);
        var summary = Of(settings, results, r => r.Scores[name]);
        string file = Path.Combine(settings.Out, $"summary-{name}.csv");
        summary.WriteCsv(file);
        Console.WriteLine($"{measure} ({file})");
        SummaryTable.Write(AnsiConsole.Console, summary);
    }

    static Summary Of(ExperimentSettings settings, IReadOnlyList<RunResult> results, Func<RunResult, double>? score = null) => Summary.Of(results, [.. settings.Methods.Select(m => m.Name)], score);
}

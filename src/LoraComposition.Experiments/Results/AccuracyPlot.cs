namespace LoraComposition.Experiments;

/// <summary>Draws a summary: the score in percent over the number of samples, a line per method, with error bars of one standard deviation.</summary>
public static class AccuracyPlot
{
    /// <summary>Writes the plot as <c>.png</c> (1200×800 pixels) and <c>.svg</c>, each whole or not at all.</summary>
    /// <param name="summary">The summary; it has at least one row.</param>
    /// <param name="title">The title over the plot.</param>
    /// <param name="pathWithoutExtension">Where to write, for example <c>results/accuracy</c>; the folder is created where it is missing.</param>
    /// <param name="labels">What the axes say; those of images where not given.</param>
    /// <exception cref="ArgumentException">The summary has no row.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void Save(Summary summary, string title, string pathWithoutExtension, PlotLabels? labels = null)
    {
        ArgumentNullException.ThrowIfNull(summary);
        ArgumentNullException.ThrowIfNull(title);
        ArgumentException.ThrowIfNullOrWhiteSpace(pathWithoutExtension);
        if (summary.Rows.Count == 0) throw new ArgumentException("There is no result to plot.", nameof(summary));
        ScorePlot.Save(Table(summary), title, labels ?? PlotLabels.Images, pathWithoutExtension);
    }

    /// <summary>The plot as PNG.</summary>
    internal static byte[] Png(Summary summary, string title, PlotLabels labels) => ScorePlot.Png(Table(summary), title, labels);

    /// <summary>The plot as an SVG document.</summary>
    internal static string Svg(Summary summary, string title, PlotLabels labels) => ScorePlot.Svg(Table(summary), title, labels);

    static ScoreTable Table(Summary summary) => new("method", "shots", [.. summary.Shots.Select(ShotCount.Text)],
        [.. summary.Methods.Select(method => (method, (IReadOnlyList<ScoreStatistics?>)[.. summary.Shots.Select(shots => Statistics(summary.Find(method, shots)))]))]);

    static ScoreStatistics? Statistics(SummaryRow? row) => row is null ? null : new(row.Mean, row.StandardDeviation, row.Runs);
}

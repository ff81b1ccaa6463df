using ScottPlot;

namespace LoraComposition.Experiments;

/// <summary>Draws a table of scores: the score in percent over the columns, a line per row, with error bars of 95 % intervals of the mean (Student's t over the seeds).</summary>
public static class ScorePlot
{
    // Neighbouring points are moved apart by this part of the distance of two columns, so that their error bars do not hide each other.
    const double Apart = 0.035;

    static readonly MarkerShape[] shapes =
        [MarkerShape.FilledCircle, MarkerShape.FilledSquare, MarkerShape.FilledTriangleUp, MarkerShape.FilledDiamond, MarkerShape.FilledTriangleDown,
            MarkerShape.Cross, MarkerShape.Eks, MarkerShape.OpenCircle, MarkerShape.OpenSquare, MarkerShape.OpenTriangleUp, MarkerShape.OpenDiamond,
            MarkerShape.OpenTriangleDown, MarkerShape.Asterisk, MarkerShape.HashTag];

    /// <summary>Writes the plot as <c>.png</c> (1200×800 pixels) and <c>.svg</c>, each whole or not at all.</summary>
    /// <param name="table">The scores; at least one cell holds a result.</param>
    /// <param name="title">The title over the plot.</param>
    /// <param name="labels">What the axes say.</param>
    /// <param name="pathWithoutExtension">Where to write, for example <c>results/accuracy</c>; the folder is created where it is missing.</param>
    /// <exception cref="ArgumentException">The table holds no result.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void Save(ScoreTable table, string title, PlotLabels labels, string pathWithoutExtension)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(title);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentException.ThrowIfNullOrWhiteSpace(pathWithoutExtension);
        if (table.Rows.All(row => row.Cells.All(cell => cell is null))) throw new ArgumentException("There is no result to plot.", nameof(table));
        using var plot = Draw(table, title, labels);
        PlotSheet.Save(plot, pathWithoutExtension);
    }

    /// <summary>The plot as PNG.</summary>
    internal static byte[] Png(ScoreTable table, string title, PlotLabels labels)
    {
        using var plot = Draw(table, title, labels);
        return PlotSheet.Png(plot);
    }

    /// <summary>The plot as an SVG document.</summary>
    internal static string Svg(ScoreTable table, string title, PlotLabels labels)
    {
        using var plot = Draw(table, title, labels);
        return PlotSheet.Svg(plot);
    }

    static Plot Draw(ScoreTable table, string title, PlotLabels labels)
    {
        var plot = PlotSheet.Create(title, labels);
        for (int i = 0; i < table.Rows.Count; i++)
            AddRow(plot, table.Rows[i], (i - (table.Rows.Count - 1) / 2.0) * Apart, Color.FromHex(PlotColors.Of(i)), shapes[i % shapes.Length], i < PlotColors.Count ? LinePattern.Solid : LinePattern.Dashed);
        PlotSheet.SetAxes(plot, table.Columns, [.. table.Rows.SelectMany(row => row.Cells).OfType<ScoreStatistics>()
            .Select(score => (score.Interval?.Low ?? score.Mean, score.Interval?.High ?? score.Mean))]);
        PlotSheet.ShowLegend(plot);
        return plot;
    }

    static void AddRow(Plot plot, (string Name, IReadOnlyList<ScoreStatistics?> Cells) row, double offset, Color color, MarkerShape shape, LinePattern pattern)
    {
        var points = row.Cells.Select((cell, index) => (X: index + offset, Cell: cell))
            .Where(p => p.Cell is not null).Select(p => (p.X, Y: 100 * p.Cell!.Mean, p.Cell.Interval)).ToList();
        var line = plot.Add.Scatter(points.Select(p => p.X).ToArray(), points.Select(p => p.Y).ToArray(), color);
        line.LegendText = row.Name;
        (line.LineWidth, line.MarkerSize, line.MarkerShape, line.LinePattern) = (2, 9, shape, pattern);
        (line.MarkerLineWidth, line.MarkerLineColor) = (2, color);
        var spread = points.Where(p => p.Interval is { } interval && interval.High > interval.Low).ToList();
        if (spread.Count == 0) return;
        double[] below = [.. spread.Select(p => p.Y - 100 * p.Interval!.Value.Low)], above = [.. spread.Select(p => 100 * p.Interval!.Value.High - p.Y)];
        var bars = plot.Add.ErrorBar(spread.Select(p => p.X).ToArray(), spread.Select(p => p.Y).ToArray(), above);
        // Not the same on both sides where the interval ends at 0 or 100 %.
        bars.YErrorNegative = below;
        (bars.Color, bars.LineWidth, bars.CapSize) = (color, 1.5f, 4);
    }
}

/// <summary>Draws a summary: the score in percent over the number of samples, a line per method, with error bars of 95 % intervals of the mean (Student's t over the seeds).</summary>
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
        [.. summary.Methods.Select(method => (method, (IReadOnlyList<ScoreStatistics?>)[.. summary.Shots.Select(shots =>
            Statistics(summary.Find(method, shots)))]))]);

    static ScoreStatistics? Statistics(SummaryRow? row) => row is null ? null : new(row.Mean, row.StandardDeviation, row.Runs);
}

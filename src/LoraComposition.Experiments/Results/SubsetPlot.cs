using ScottPlot;

namespace LoraComposition.Experiments;

/// <summary>
/// Draws the scores of subsets of the modules over their number: a point per subset, the mean of a number as a line, and other methods as level lines.
/// </summary>
public static class SubsetPlot
{
    // The points of one number stand side by side over this part of the distance of two numbers.
    const double Spread = 0.36;

    static readonly Color pointColor = Color.FromHex("#56B4E9"), meanColor = Color.FromHex("#0072B2");
    static readonly Color[] referenceColors = [.. new[] { "#D55E00", "#009E73", "#CC79A7", "#000000" }.Select(Color.FromHex)];

    /// <summary>Writes the plot as <c>.png</c> (1200×800 pixels) and <c>.svg</c>, each whole or not at all.</summary>
    /// <param name="table">The scores of the subsets.</param>
    /// <param name="method">The method that composed them.</param>
    /// <param name="title">The title over the plot.</param>
    /// <param name="labels">What the axes say.</param>
    /// <param name="pathWithoutExtension">Where to write; the folder is created where it is missing.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void Save(SubsetTable table, string method, string title, PlotLabels labels, string pathWithoutExtension)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(title);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentException.ThrowIfNullOrWhiteSpace(pathWithoutExtension);
        using var plot = Draw(table, method, title, labels);
        PlotSheet.Save(plot, pathWithoutExtension);
    }

    /// <summary>The plot as PNG.</summary>
    internal static byte[] Png(SubsetTable table, string? method, string title, PlotLabels labels)
    {
        using var plot = Draw(table, method, title, labels);
        return PlotSheet.Png(plot);
    }

    /// <summary>The plot as an SVG document.</summary>
    internal static string Svg(SubsetTable table, string? method, string title, PlotLabels labels)
    {
        using var plot = Draw(table, method, title, labels);
        return PlotSheet.Svg(plot);
    }

    static Plot Draw(SubsetTable table, string? method, string title, PlotLabels labels)
    {
        var plot = PlotSheet.Create(title, labels);
        // Not dashed: Skia's SVG has no dashes.
        for (int i = 0; i < table.References.Count; i++)
            plot.Add.HorizontalLine(100 * table.References[i].Score.Mean, 2, referenceColors[i % referenceColors.Length]).LegendText = table.References[i].Name;
        AddSubsets(plot, table, method);
        // Points are means without error bars, so the axis fits the means.
        PlotSheet.SetAxes(plot, [.. table.Sizes.Select(size => $"{size.Modules}")],
            [.. table.Subsets.Select(s => s.Score).Concat(table.References.Select(r => r.Score)).Select(score => (score.Mean, score.Mean))]);
        PlotSheet.ShowLegend(plot);
        return plot;
    }

    static void AddSubsets(Plot plot, SubsetTable table, string? method)
    {
        var points = table.Sizes.SelectMany((size, column) => size.Subsets.Select((subset, i) =>
            (X: column + Offset(i, size.Subsets.Count), Y: 100 * subset.Score.Mean))).ToArray();
        var scatter = plot.Add.ScatterPoints(points.Select(p => p.X).ToArray(), points.Select(p => p.Y).ToArray(), pointColor);
        (scatter.MarkerSize, scatter.MarkerShape, scatter.LegendText) = (9, MarkerShape.FilledCircle, Named(method, "one subset"));
        var mean = plot.Add.Scatter(table.Sizes.Select((_, column) => (double)column).ToArray(), table.Sizes.Select(size => 100 * size.Mean).ToArray(), meanColor);
        (mean.LineWidth, mean.MarkerSize, mean.MarkerShape, mean.LegendText) = (2, 10, MarkerShape.FilledDiamond, Named(method, "mean"));
    }

    static string Named(string? method, string what) => method is null ? what : $"{method}, {what}";

    static double Offset(int position, int count) => count == 1 ? 0 : Spread * (position / (count - 1.0) - 0.5);
}

using LoraComposition.Serialization;
using ScottPlot;

namespace LoraComposition.FewShot.Results;

/// <summary>Draws a table of scores: the score in percent over the columns, a line per row, with error bars of one standard deviation.</summary>
public static class ScorePlot
{
    const int Width = 1200, Height = 800;

    // Neighbouring points are moved apart by this part of the distance of two columns, so that their error bars do not hide each other.
    const double Apart = 0.035;

    static readonly MarkerShape[] shapes =
        [MarkerShape.FilledCircle, MarkerShape.FilledSquare, MarkerShape.FilledTriangleUp, MarkerShape.FilledDiamond, MarkerShape.FilledTriangleDown, MarkerShape.Cross, MarkerShape.Eks];

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
        byte[] png = Png(table, title, labels);
        byte[] svg = System.Text.Encoding.UTF8.GetBytes(Svg(table, title, labels));
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(pathWithoutExtension))!);
        AtomicFile.Write(pathWithoutExtension + ".png", stream => stream.Write(png));
        AtomicFile.Write(pathWithoutExtension + ".svg", stream => stream.Write(svg));
    }

    /// <summary>The plot as PNG.</summary>
    internal static byte[] Png(ScoreTable table, string title, PlotLabels labels)
    {
        using var plot = Draw(table, title, labels);
        return plot.GetImageBytes(Width, Height, ImageFormat.Png);
    }

    /// <summary>The plot as an SVG document.</summary>
    internal static string Svg(ScoreTable table, string title, PlotLabels labels)
    {
        using var plot = Draw(table, title, labels);
        return PortableSvg.Of(plot.GetSvgXml(Width, Height));
    }

    static Plot Draw(ScoreTable table, string title, PlotLabels labels)
    {
        var plot = new Plot { ScaleFactor = 1.6 };
        plot.Font.Set(PlotFont.Name);
        plot.Title(title);
        plot.Axes.Title.Label.Bold = false;
        plot.XLabel(labels.Columns);
        plot.YLabel(labels.Score);
        plot.Axes.Left.Label.Bold = plot.Axes.Bottom.Label.Bold = false;
        for (int i = 0; i < table.Rows.Count; i++)
            AddRow(plot, table.Rows[i], (i - (table.Rows.Count - 1) / 2.0) * Apart, Color.FromHex(PlotColors.Of(i)), shapes[i % shapes.Length]);
        double[] positions = [.. table.Columns.Select((_, index) => (double)index)];
        plot.Axes.Bottom.SetTicks(positions, [.. table.Columns]);
        plot.Axes.SetLimitsX(-0.4, positions.Length - 0.6);
        var (bottom, top) = Range(table);
        plot.Axes.SetLimitsY(bottom, top);
        plot.Grid.XAxisStyle.IsVisible = false;
        var legend = plot.ShowLegend(Edge.Top);
        legend.Legend.Orientation = Orientation.Horizontal;
        legend.Legend.OutlineColor = Colors.Transparent;
        legend.Legend.ShadowColor = Colors.Transparent;
        legend.Padding = new PixelPadding(0, 0, 6, 0);
        legend.Legend.FontName = PlotFont.Name;
        return plot;
    }

    static void AddRow(Plot plot, (string Name, IReadOnlyList<ScoreStatistics?> Cells) row, double offset, Color color, MarkerShape shape)
    {
        var points = row.Cells.Select((cell, index) => (X: index + offset, Cell: cell))
            .Where(p => p.Cell is not null).Select(p => (p.X, Y: 100 * p.Cell!.Mean, Error: 100 * p.Cell.StandardDeviation)).ToList();
        var line = plot.Add.Scatter(points.Select(p => p.X).ToArray(), points.Select(p => p.Y).ToArray(), color);
        line.LegendText = row.Name;
        (line.LineWidth, line.MarkerSize, line.MarkerShape) = (2, 9, shape);
        (line.MarkerLineWidth, line.MarkerLineColor) = (2, color);
        var spread = points.Where(p => p.Error > 0).ToList();
        if (spread.Count == 0) return;
        var bars = plot.Add.ErrorBar(spread.Select(p => p.X).ToArray(), spread.Select(p => p.Y).ToArray(), spread.Select(p => p.Error).ToArray());
        (bars.Color, bars.LineWidth, bars.CapSize) = (color, 1.5f, 4);
    }

    /// <summary>The lowest and highest accuracy in percent with their error bars, and a margin that keeps markers off the frame.</summary>
    static (double Bottom, double Top) Range(ScoreTable table)
    {
        var cells = table.Rows.SelectMany(row => row.Cells).OfType<ScoreStatistics>().ToList();
        double lowest = 100 * cells.Min(c => c.Mean - c.StandardDeviation), highest = 100 * cells.Max(c => c.Mean + c.StandardDeviation);
        double margin = Math.Max(1, 0.05 * (highest - lowest));
        return (Math.Max(lowest, 0) - margin, Math.Min(highest, 100) + margin);
    }
}

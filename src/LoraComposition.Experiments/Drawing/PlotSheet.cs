using System.Text.RegularExpressions;
using LoraComposition.Files;
using ScottPlot;

namespace LoraComposition.Experiments;

/// <summary>What all plots have in common: font, title, axes, legend, and the two files.</summary>
static class PlotSheet
{
    const int Width = 1200, Height = 800, MostAbove = 5, LongestTitleLine = 60;

    /// <summary>An empty plot.</summary>
    public static Plot Create(string title, PlotLabels labels)
    {
        var plot = new Plot { ScaleFactor = 1.6 };
        plot.Font.Set(PlotFont.Name);
        plot.Title(InLines(title));
        plot.Axes.Title.Label.Bold = false;
        plot.XLabel(labels.Columns);
        plot.YLabel(labels.Score);
        plot.Axes.Left.Label.Bold = plot.Axes.Bottom.Label.Bold = false;
        plot.Grid.XAxisStyle.IsVisible = false;
        return plot;
    }

    /// <summary>A title is centred over the frame, which a legend beside it makes narrower: a long one would begin outside the picture.</summary>
    internal static string InLines(string title)
    {
        var lines = new List<string>();
        foreach (string word in title.Split(' '))
        {
            if (lines.Count > 0 && lines[^1].Length + 1 + word.Length <= LongestTitleLine) lines[^1] += " " + word;
            else lines.Add(word);
        }
        return string.Join('\n', lines);
    }

    /// <summary>Names the columns at 0, 1, 2 … and fits the scores in, from 0 to 1 with their intervals, with a margin that keeps markers off the frame.</summary>
    public static void SetAxes(Plot plot, IReadOnlyList<string> columns, IReadOnlyCollection<(double Low, double High)> scores)
    {
        double[] positions = [.. columns.Select((_, index) => (double)index)];
        plot.Axes.Bottom.SetTicks(positions, [.. columns]);
        plot.Axes.SetLimitsX(-0.4, positions.Length - 0.6);
        double lowest = 100 * scores.Min(s => s.Low), highest = 100 * scores.Max(s => s.High);
        double margin = Math.Max(1, 0.05 * (highest - lowest));
        plot.Axes.SetLimitsY(Math.Max(lowest, 0) - margin, Math.Min(highest, 100) + margin);
    }

    /// <summary>Names what is drawn: above the plot, or beside it where there is more than two lines hold.</summary>
    public static void ShowLegend(Plot plot)
    {
        bool above = plot.Legend.GetItems().Length <= MostAbove;
        var legend = plot.ShowLegend(above ? Edge.Top : Edge.Right);
        legend.Legend.Orientation = above ? Orientation.Horizontal : Orientation.Vertical;
        legend.Legend.OutlineColor = Colors.Transparent;
        legend.Legend.ShadowColor = Colors.Transparent;
        legend.Padding = new PixelPadding(0, 0, 6, 0);
        legend.Legend.FontName = PlotFont.Name;
    }

    /// <summary>Writes <c>.png</c> (1200×800 pixels) and <c>.svg</c>, each whole or not at all; the folder is created where it is missing.</summary>
    public static void Save(Plot plot, string pathWithoutExtension)
    {
        var (png, svg) = (Png(plot), Svg(plot));
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(pathWithoutExtension))!);
        AtomicFile.Write(pathWithoutExtension + ".png", png);
        AtomicFile.Write(pathWithoutExtension + ".svg", svg);
    }

    /// <summary>The plot as PNG.</summary>
    public static byte[] Png(Plot plot) => plot.GetImageBytes(Width, Height, ImageFormat.Png);

    /// <summary>The plot as an SVG document.</summary>
    public static string Svg(Plot plot) => PortableSvg.Of(plot.GetSvgXml(Width, Height));
}

/// <summary>What the axes of a plot say.</summary>
/// <param name="Columns">What the scores are drawn over.</param>
/// <param name="Score">What was measured, in percent.</param>
public sealed record PlotLabels(string Columns, string Score)
{
    /// <summary>For the classification of images.</summary>
    public static PlotLabels Images { get; } = new("Labelled samples per class, K", "Top-1 accuracy (%)");

    /// <summary>For questions whose answers are written.</summary>
    public static PlotLabels Text { get; } = new("Labelled questions, K", "Exact match (%)");
}

/// <summary>The colours of the methods: Okabe and Ito's, which colour-blind readers can tell apart, without the yellow that is too pale on white.</summary>
static class PlotColors
{
    static readonly string[] colors = ["#000000", "#E69F00", "#56B4E9", "#009E73", "#D55E00", "#CC79A7", "#0072B2"];

    /// <summary>How many there are; then they come again.</summary>
    public static int Count => colors.Length;

    /// <summary>The colour of the method at a position, as <c>#RRGGBB</c>.</summary>
    public static string Of(int position) => colors[position % colors.Length];
}

/// <summary>Makes the SVG that Skia writes show the same in every viewer, and the same picture the same text.</summary>
static partial class PortableSvg
{
    /// <summary>Drops the comma that Skia leaves at the end of the positions of letters, for which strict viewers ignore them, and names similar fonts.</summary>
    public static string Of(string svg) => Renumbered(FontFamily().Replace(LastComma().Replace(svg, "\""), "font-family=\"$1, Verdana, sans-serif\""));

    // Skia numbers its clips on from picture to picture of a process.
    static string Renumbered(string svg)
    {
        var names = new Dictionary<string, string>();
        return ClipName().Replace(svg, match => names.TryGetValue(match.Value, out string? name) ? name : names[match.Value] = $"cl_{names.Count}");
    }

    [GeneratedRegex(@"(?<=id=""|url\(#)cl_[0-9a-f]+", RegexOptions.CultureInvariant)]
    private static partial Regex ClipName();

    [GeneratedRegex(@"(?<=\s[xy]=""[-+0-9.e, ]*), """, RegexOptions.CultureInvariant)]
    private static partial Regex LastComma();

    [GeneratedRegex(@"font-family=""([^"",]+)""", RegexOptions.CultureInvariant)]
    private static partial Regex FontFamily();
}

using System.Globalization;

namespace LoraComposition.Experiments;

/// <summary>What a method gains over a reference with one labelled sample (Fig. 1 of arXiv:2402.15414).</summary>
/// <param name="Method">The method.</param>
/// <param name="Points">The difference of the means, in points.</param>
/// <param name="Interval">Its paired 95 % interval, in points; null where there is none: one seed and old results, or not the same seeds.</param>
sealed record OneShotGain(string Method, double Points, ConfidenceInterval? Interval)
{
    /// <summary>The gain as the figure says it.</summary>
    public string Text => Signed(Points) + (Interval is { } found ? $" [{Signed(found.Low)}, {Signed(found.High)}]" : "");

    /// <summary>The lower end, the gain itself where there is no interval.</summary>
    public double Low => Interval?.Low ?? Points;

    /// <summary>The upper end, the gain itself where there is no interval.</summary>
    public double High => Interval?.High ?? Points;

    /// <summary>The gains of all other methods that have a result at K = 1, in the order of the summary; none where the reference has no such result.</summary>
    public static IReadOnlyList<OneShotGain> Of(IReadOnlyList<RunResult> runs, Summary summary, string reference)
    {
        if (summary.Find(reference, 1) is not { } from) return [];
        return [.. summary.Methods.Where(method => method != reference).Select(method => summary.Find(method, 1)).OfType<SummaryRow>()
            .Select(row => new OneShotGain(row.Method, 100 * (row.Mean - from.Mean), IntervalOf(runs, row, from)))];
    }

    // An interval over the seeds that both have is none of a difference of other means.
    static ConfidenceInterval? IntervalOf(IReadOnlyList<RunResult> runs, SummaryRow row, SummaryRow from) =>
        RunComparison.Of(runs, 1, row.Method, [from.Method]) is [{ Paired: { Interval: { } found } paired }] && paired.Seeds == row.Runs && paired.Seeds == from.Runs
            ? new(100 * found.Low, 100 * found.High) : null;

    // No "-0.00".
    static string Signed(double points) => Math.Round(points, 2) == 0 ? "0.00" : points.ToString("+0.00;−0.00", CultureInfo.InvariantCulture);
}

/// <summary>Draws the gains of the methods over a reference as bars, as Fig. 1 of arXiv:2402.15414 does.</summary>
static class GainBars
{
    const double Margin = 8, BarHeight = 22, RowHeight = 34, Plot = 220, LongestLabel = 180;

    /// <summary>Draws them.</summary>
    /// <param name="title">The title.</param>
    /// <param name="gains">The gains, at least one.</param>
    /// <param name="colorOf">The colour of a method.</param>
    public static Drawing Draw(string title, IReadOnlyList<OneShotGain> gains, Func<string, string> colorOf)
    {
        var drawing = new Drawing();
        string[] names = [.. gains.Select(g => DrawingFont.Fit(g.Method, LongestLabel))];
        double numbers = gains.Max(g => DrawingFont.Width(g.Text)) + 8;
        // Room for the numbers at the ends where some stand, and no more: on a phone every pixel counts.
        double before = gains.Any(g => g.Points < 0) ? numbers : 0, after = gains.Any(g => g.Points >= 0) ? numbers : 0;
        double left = Margin + names.Max(name => DrawingFont.Width(name)) + 12, start = left + before, top = Margin + 32;
        double least = Math.Min(0, gains.Min(g => g.Low)), most = Math.Max(0, gains.Max(g => g.High)), span = most - least;
        double At(double points) => start + (span > 0 ? (points - least) / span : 0.5) * Plot;
        drawing.Text(Margin, Margin + 14, title, 14);
        for (int i = 0; i < gains.Count; i++)
        {
            var gain = gains[i];
            double y = top + i * RowHeight, middle = y + BarHeight / 2, from = Math.Min(At(0), At(gain.Points)), to = Math.Max(At(0), At(gain.Points));
            drawing.Text(left - 12, middle + 4, names[i], anchor: TextAnchor.End);
            drawing.Rectangle(from, y, Math.Max(to - from, 1), BarHeight, colorOf(gain.Method));
            if (gain.High > gain.Low) DrawInterval(drawing, At(gain.Low), At(gain.High), middle);
            bool negative = gain.Points < 0;
            double end = At(negative ? gain.Low : gain.High);
            drawing.Text(negative ? Math.Min(end, from) - 6 : Math.Max(end, to) + 6, middle + 4, gain.Text, anchor: negative ? TextAnchor.End : TextAnchor.Start);
        }
        double bottom = top + gains.Count * RowHeight;
        drawing.Line(At(0), top - 6, At(0), bottom);
        drawing.Width = Math.Max(start + Plot + after, DrawingFont.Width(title, 14) + Margin) + Margin;
        drawing.Height = bottom + Margin;
        return drawing;
    }

    // White under the ink, so that it shows on a black bar too.
    static void DrawInterval(Drawing drawing, double from, double to, double y)
    {
        foreach (var (color, width) in new[] { ("#FFFFFF", 4.0), (Drawing.Ink, 1.5) })
        {
            drawing.Line(from, y, to, y, color, width);
            drawing.Line(from, y - 4, from, y + 4, color, width);
            drawing.Line(to, y - 4, to, y + 4, color, width);
        }
    }
}

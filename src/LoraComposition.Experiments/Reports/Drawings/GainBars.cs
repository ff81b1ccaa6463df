namespace LoraComposition.Experiments;

/// <summary>Draws the gains of the methods over a reference as bars, as Fig. 1 of arXiv:2402.15414 does.</summary>
static class GainBars
{
    const double Margin = 8, BarHeight = 22, RowHeight = 34, Plot = 300, LongestLabel = 180;

    /// <summary>Draws them.</summary>
    /// <param name="title">The title.</param>
    /// <param name="gains">The gains, at least one.</param>
    /// <param name="colorOf">The colour of a method.</param>
    public static Drawing Draw(string title, IReadOnlyList<OneShotGain> gains, Func<string, string> colorOf)
    {
        var drawing = new Drawing();
        string[] names = [.. gains.Select(g => DrawingFont.Fit(g.Method, LongestLabel))];
        double numbers = gains.Max(g => DrawingFont.Width(g.Text)) + 8;
        // Room for the numbers at both ends.
        double left = Margin + names.Max(name => DrawingFont.Width(name)) + 12, start = left + numbers, top = Margin + 32;
        double least = Math.Min(0, gains.Min(g => g.Points - g.Spread)), most = Math.Max(0, gains.Max(g => g.Points + g.Spread)), span = most - least;
        double At(double points) => start + (span > 0 ? (points - least) / span : 0.5) * Plot;
        drawing.Text(Margin, Margin + 14, title, 14);
        for (int i = 0; i < gains.Count; i++)
        {
            var gain = gains[i];
            double y = top + i * RowHeight, middle = y + BarHeight / 2, from = Math.Min(At(0), At(gain.Points)), to = Math.Max(At(0), At(gain.Points));
            drawing.Text(left - 12, middle + 4, names[i], anchor: TextAnchor.End);
            drawing.Rectangle(from, y, Math.Max(to - from, 1), BarHeight, colorOf(gain.Method));
            if (gain.Spread > 0) DrawSpread(drawing, At(gain.Points - gain.Spread), At(gain.Points + gain.Spread), middle);
            bool negative = gain.Points < 0;
            double end = At(gain.Points + (negative ? -gain.Spread : gain.Spread));
            drawing.Text(negative ? Math.Min(end, from) - 6 : Math.Max(end, to) + 6, middle + 4, gain.Text, anchor: negative ? TextAnchor.End : TextAnchor.Start);
        }
        double bottom = top + gains.Count * RowHeight;
        drawing.Line(At(0), top - 6, At(0), bottom);
        drawing.Width = Math.Max(start + Plot + numbers, DrawingFont.Width(title, 14) + Margin) + Margin;
        drawing.Height = bottom + Margin;
        return drawing;
    }

    // White under the ink, so that it shows on a black bar too.
    static void DrawSpread(Drawing drawing, double from, double to, double y)
    {
        foreach (var (color, width) in new[] { ("#FFFFFF", 4.0), (Drawing.Ink, 1.5) })
        {
            drawing.Line(from, y, to, y, color, width);
            drawing.Line(from, y - 4, from, y + 4, color, width);
            drawing.Line(to, y - 4, to, y + 4, color, width);
        }
    }
}

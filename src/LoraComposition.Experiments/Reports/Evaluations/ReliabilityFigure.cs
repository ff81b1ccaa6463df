using System.Globalization;
using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>Draws how far probabilities can be believed: for each bin of them the part that is right, against the line on which both are the same, and how many samples the bin holds.</summary>
static class ReliabilityFigure
{
    const double Left = 62, Top = 40, Side = 330, Gap = 26, CountHeight = 60, LabelSize = 11;
    const string Bar = "#56B4E9", Count = "#B8B8B8", Grid = "#E2E2E2", Diagonal = "#D55E00";

    public static Drawing Draw(ClassificationEvaluation scores)
    {
        var drawing = new Drawing { Width = Left + Side + 24, Height = Top + Side + Gap + CountHeight + 46 };
        drawing.Text(8, 22, "Probability given, and how much of it is right", 14);
        double bottom = Top + Side, below = bottom + Gap + CountHeight;
        for (int tick = 0; tick <= 5; tick++)
        {
            double part = tick / 5.0, x = Left + part * Side, y = bottom - part * Side;
            drawing.Line(Left, y, Left + Side, y, Grid);
            drawing.Text(Left - 6, y + 4, Percent(part), LabelSize, TextAnchor.End);
            drawing.Text(x, below + 16, Percent(part), LabelSize, TextAnchor.Middle);
        }
        int most = scores.Reliability.Max(bin => bin.Count);
        foreach (var bin in scores.Reliability.Where(bin => bin.Count > 0))
        {
            double x = Left + bin.Low * Side + 1, width = (bin.High - bin.Low) * Side - 2, height = bin.Accuracy!.Value * Side, count = CountHeight * bin.Count / most;
            drawing.Rectangle(x, bottom - height, width, height, Bar);
            drawing.Rectangle(x, below - count, width, count, Count);
        }
        drawing.Line(Left, bottom, Left + Side, Top, Diagonal, 1.5);
        drawing.Line(Left, bottom, Left + Side, bottom);
        drawing.Line(Left, Top, Left, bottom);
        drawing.Line(Left, below, Left + Side, below);
        drawing.Text(Left - 6, below - CountHeight + 8, most.ToString(CultureInfo.InvariantCulture), LabelSize, TextAnchor.End);
        drawing.Text(Left - 6, below + 4, "0", LabelSize, TextAnchor.End);
        drawing.Text(16, Top + Side / 2, "Part that is right", 12, TextAnchor.Middle, upright: true);
        drawing.Text(16, below - CountHeight / 2, "Samples", 12, TextAnchor.Middle, upright: true);
        drawing.Text(Left + Side / 2, below + 34, "Probability of the class that is given", 12, TextAnchor.Middle);
        return drawing;
    }

    static string Percent(double part) => string.Create(CultureInfo.InvariantCulture, $"{100 * part:F0} %");
}

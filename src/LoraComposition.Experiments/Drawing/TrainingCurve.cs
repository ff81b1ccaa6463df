using LoraComposition.FewShot;
using ScottPlot;

namespace LoraComposition.Experiments;

/// <summary>Draws how a training went: the loss of its batches and the loss on what was held out over the steps, and the step that was kept.</summary>
public static class TrainingCurve
{
    /// <summary>Writes the plot as <c>.png</c> (1200×800 pixels) and <c>.svg</c>, each whole or not at all.</summary>
    /// <param name="outcome">The training; it has at least one check.</param>
    /// <param name="title">The title over the plot.</param>
    /// <param name="pathWithoutExtension">Where to write, for example <c>module/curve</c>.</param>
    /// <exception cref="ArgumentException">The training has no check.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void Save(TrainingOutcome outcome, string title, string pathWithoutExtension)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        ArgumentNullException.ThrowIfNull(title);
        ArgumentException.ThrowIfNullOrWhiteSpace(pathWithoutExtension);
        if (outcome.History.Count == 0) throw new ArgumentException("The training has no check to draw.", nameof(outcome));
        using var plot = Draw(outcome, title);
        PlotSheet.Save(plot, pathWithoutExtension);
    }

    static Plot Draw(TrainingOutcome outcome, string title)
    {
        var plot = PlotSheet.Create(title, new PlotLabels("Step", "Mean cross-entropy"));
        Line("batches learned from", outcome.History.Where(check => check.TrainingLoss is not null).Select(check => (check.Step, check.TrainingLoss!.Value)), 2, MarkerShape.OpenCircle);
        Line("held out", outcome.History.Where(check => check.Validation is not null).Select(check => (check.Step, check.Validation!.Value.Loss)), 6, MarkerShape.FilledCircle);
        if (outcome.Validation is { } kept)
        {
            var best = plot.Add.Scatter(new double[] { outcome.BestStep }, new[] { kept.Loss }, Color.FromHex(PlotColors.Of(4)));
            (best.LegendText, best.LineWidth, best.MarkerSize, best.MarkerShape) = ("kept", 0, 16, MarkerShape.OpenDiamond);
            best.MarkerLineWidth = 3;
        }
        plot.Axes.Margins(0.04, 0.08);
        PlotSheet.ShowLegend(plot);
        return plot;

        void Line(string name, IEnumerable<(int Step, double Loss)> points, int color, MarkerShape shape)
        {
            (int Step, double Loss)[] all = [.. points];
            if (all.Length == 0) return;
            var line = plot.Add.Scatter(all.Select(p => (double)p.Step).ToArray(), all.Select(p => p.Loss).ToArray(), Color.FromHex(PlotColors.Of(color)));
            (line.LegendText, line.LineWidth, line.MarkerSize, line.MarkerShape) = (name, 2, 8, shape);
        }
    }
}

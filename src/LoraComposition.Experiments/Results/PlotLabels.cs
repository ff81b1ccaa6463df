namespace LoraComposition.Experiments;

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

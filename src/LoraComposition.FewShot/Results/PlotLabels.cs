namespace LoraComposition.FewShot.Results;

/// <summary>What the axes of a plot over K say.</summary>
/// <param name="Shots">What K counts.</param>
/// <param name="Score">What was measured, in percent.</param>
public sealed record PlotLabels(string Shots, string Score)
{
    /// <summary>For the classification of images.</summary>
    public static PlotLabels Images { get; } = new("Labelled samples per class, K", "Top-1 accuracy (%)");

    /// <summary>For questions whose answers are written.</summary>
    public static PlotLabels Text { get; } = new("Labelled questions, K", "Exact match (%)");
}

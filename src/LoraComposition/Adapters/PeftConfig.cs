namespace LoraComposition.Adapters;

/// <summary>What <c>adapter_config.json</c> says about how the file's tensors are meant.</summary>
/// <param name="Alpha">The setting <c>lora_alpha</c>.</param>
/// <param name="UseRslora">Whether alpha is divided by √rank in place of the rank.</param>
/// <param name="AlphaPattern">Other alphas for some layers; the first pattern that matches counts.</param>
/// <param name="Targets">The layers that carry an update.</param>
/// <param name="Exclusions">The layers that <paramref name="Targets"/> would match but that carry none; null where there are none.</param>
/// <param name="BaseModel">The model the adapter was trained on, where named.</param>
internal sealed record PeftConfig(
    double Alpha,
    bool UseRslora,
    IReadOnlyList<(PeftRegex Layer, double Alpha)> AlphaPattern,
    ModuleSelector Targets,
    ModuleSelector? Exclusions,
    string? BaseModel)
{
    /// <summary>The factor in front of <c>B·A</c> of one layer: alpha/rank, or alpha/√rank with rank stabilisation.</summary>
    /// <param name="layer">The layer's path without the file's prefix.</param>
    /// <param name="rank">The rank of the layer's tensors. The settings <c>r</c> and <c>rank_pattern</c> only told the trainer which rank to make.</param>
    public double Scaling(string layer, long rank)
    {
        var alpha = Alpha;
        foreach (var (pattern, value) in AlphaPattern)
        {
            if (!pattern.IsMatch(layer)) continue;
            alpha = value;
            break;
        }
        return alpha / (UseRslora ? Math.Sqrt(rank) : rank);
    }
}

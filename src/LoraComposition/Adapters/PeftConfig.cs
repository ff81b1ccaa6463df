namespace LoraComposition;

/// <summary>What <c>adapter_config.json</c> says about how the file's tensors are meant.</summary>
/// <param name="Alpha">The settings <c>lora_alpha</c> and <c>alpha_pattern</c>.</param>
/// <param name="UseRslora">Whether alpha is divided by √rank in place of the rank.</param>
/// <param name="Rank">The settings <c>r</c> and <c>rank_pattern</c>. They only told the trainer which rank to make; that of the tensors counts.</param>
/// <param name="Targets">The layers that carry an update.</param>
/// <param name="NamesTargets">Whether <c>target_modules</c> says so; otherwise they are those of T5, the only model here for which PEFT has a default.</param>
/// <param name="Exclusions">The layers that <paramref name="Targets"/> would match but that carry none; null where there are none.</param>
/// <param name="SavedModules">The names of the modules that were saved whole with the adapter; empty where none was.</param>
/// <param name="BaseModel">The model the adapter was trained on, where named.</param>
/// <param name="Revision">The revision of that model, where named.</param>
/// <param name="Warnings">What was odd but changes nothing.</param>
internal sealed record PeftConfig(
    PatternedSetting<double> Alpha,
    bool UseRslora,
    PatternedSetting<int> Rank,
    ModuleSelector Targets,
    bool NamesTargets,
    ModuleSelector? Exclusions,
    IReadOnlyList<string> SavedModules,
    string? BaseModel,
    string? Revision,
    IReadOnlyList<string> Warnings)
{
    /// <summary>The factor in front of <c>B·A</c> of one layer: alpha/rank, or alpha/√rank with rank stabilisation.</summary>
    /// <param name="layer">The layer's path without the file's prefix.</param>
    /// <param name="rank">The rank of the layer's tensors.</param>
    public double Scaling(string layer, long rank) => Alpha.For(layer) / (UseRslora ? Math.Sqrt(rank) : rank);

    /// <summary>Whether the layer carries an update, in PEFT's order: exclusions, saved modules, targets.</summary>
    public bool IsTarget(string layer) => Exclusions?.Selects(layer) != true && !SavedModules.Any(name => ModuleSelector.IsNamed(layer, name))
        && Targets.Selects(layer);
}

/// <summary>The file names of a PEFT adapter folder.</summary>
internal static class PeftFiles
{
    public const string Config = "adapter_config.json";

    public const string Weights = "adapter_model.safetensors";

    /// <summary>The weights as a pickle, which is never read.</summary>
    public const string PickledWeights = "adapter_model.bin";
}

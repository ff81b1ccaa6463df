namespace LoraComposition.FewShot;

/// <summary>The names in the folder of an adapted model.</summary>
static class AdaptedModelFiles
{
    public const string Adapter = "adapter", Head = "head.safetensors", Weights = "weights.json", Preprocessor = "preprocessor_config.json";

    public const string Report = "report.json", ReadableReport = "report.md";

    /// <summary>Written last and removed first: a folder that has it is whole.</summary>
    public const string Info = "adapted.json";

    public static IReadOnlyList<string> All { get; } = [Info, Path.Combine(Adapter, "adapter_config.json"), Path.Combine(Adapter, "adapter_model.safetensors"), Head, Weights, Preprocessor, Report, ReadableReport];
}

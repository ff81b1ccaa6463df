namespace LoraComposition;

/// <summary>The file names of a PEFT adapter folder.</summary>
internal static class PeftFiles
{
    public const string Config = "adapter_config.json";

    public const string Weights = "adapter_model.safetensors";

    /// <summary>The weights as a pickle, which is never read.</summary>
    public const string PickledWeights = "adapter_model.bin";
}

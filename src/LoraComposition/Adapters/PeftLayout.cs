namespace LoraComposition;

/// <summary>PEFT's folder of a configuration and weights.</summary>
internal sealed class PeftLayout() : AdapterLayout("PEFT")
{
    internal override bool KeepsScaling => true;

    internal override (string Folder, string Weights) Place(string path) => (path, Path.Combine(path, PeftFiles.Weights));

    internal override string Key(string layer, LoraFactor factor, AdapterLayerKind kind) => PeftKey.Of(layer, factor, kind);

    internal override string FactorName(LoraFactor factor) => $"lora_{factor}";

    internal override string? AlphaKey(string layer) => null;

    internal override string Component(string layer) => "";

    internal override void CheckLayer(string layer, AdapterLayerKind kind)
    {
    }

    internal override void CheckSaved(string module)
    {
    }

    internal override byte[]? Config(IReadOnlyList<LayerScale> layers, string? baseModel, string? revision, IReadOnlyList<string> savedModules) =>
        PeftConfigWriter.Format(layers, baseModel, revision, savedModules);

    internal override IEnumerable<KeyValuePair<string, string>> Metadata(IReadOnlyList<LayerScale> layers, string? baseModel, string? revision) => [];
}

namespace LoraComposition;

/// <summary>The sentence for an adapter whose update is zero in every layer.</summary>
static class ZeroUpdate
{
    public static string Warning(string name, int layers) =>
        $"Adapter '{name}' changes nothing: its update is zero in {(layers == 1 ? "its only layer" : $"all {layers} layers")}; its training may have kept its start.";
}

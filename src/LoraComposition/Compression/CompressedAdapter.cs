namespace LoraComposition;

/// <summary>An adapter of lower rank, and what compressing did to each layer.</summary>
/// <remarks>Owns its adapter and disposes it. Safe to read from several threads.</remarks>
public sealed class CompressedAdapter : IDisposable
{
    internal CompressedAdapter(LoraAdapter adapter, IReadOnlyList<LayerCompression> layers) => (Adapter, Layers) = (adapter, layers);

    /// <summary>The adapter. Owned by this object.</summary>
    public LoraAdapter Adapter { get; }

    /// <summary>What happened to each layer, in the ordinal order of the paths.</summary>
    public IReadOnlyList<LayerCompression> Layers { get; }

    /// <inheritdoc/>
    public void Dispose() => Adapter.Dispose();
}

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

/// <summary>What compressing did to one layer of an adapter.</summary>
/// <param name="Path">The layer's path as the adapter spells it.</param>
/// <param name="RankBefore">The rank of the factors before.</param>
/// <param name="Rank">The rank now.</param>
/// <param name="RetainedEnergy">The share of the energy that is kept, <c>Σᵢ≤ₖ σᵢ² / Σᵢ σᵢ²</c>; 1 for an update of zero.</param>
/// <param name="RelativeError">The distance <c>‖ΔW − ΔWₖ‖_F / ‖ΔW‖_F</c>; 0 for an update of zero.</param>
public sealed record LayerCompression(string Path, long RankBefore, long Rank, double RetainedEnergy, double RelativeError);

/// <summary>An update of lower rank, and how far it is from the one it was made of.</summary>
/// <remarks>Owns its update and disposes it. Safe to read from several threads.</remarks>
public sealed class CompressedDelta : IDisposable
{
    internal CompressedDelta(LoraDelta delta, long rankBefore, double lostShare) =>
        (Delta, RankBefore, RetainedEnergy, RelativeError) = (delta, rankBefore, 1 - lostShare, Math.Sqrt(lostShare));

    /// <summary>The update: scaling 1, and <c>√σ</c> in each of its two factors. Owned by this object.</summary>
    public LoraDelta Delta { get; }

    /// <summary>The rank of the factors it was made of.</summary>
    public long RankBefore { get; }

    /// <summary>The rank.</summary>
    public long Rank => Delta.Rank;

    /// <summary>The share of the energy that is kept, <c>Σᵢ≤ₖ σᵢ² / Σᵢ σᵢ²</c>; 1 for an update of zero.</summary>
    public double RetainedEnergy { get; }

    /// <summary>The distance <c>‖ΔW − ΔWₖ‖_F / ‖ΔW‖_F</c> before the factors are rounded to their type; 0 for an update of zero.</summary>
    public double RelativeError { get; }

    /// <inheritdoc/>
    public void Dispose() => Delta.Dispose();
}

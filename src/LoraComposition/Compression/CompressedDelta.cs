namespace LoraComposition;

/// <summary>An update of lower rank, and how far it is from the one it was made of.</summary>
/// <remarks>Owns its update and disposes it. Safe to read from several threads.</remarks>
public sealed class CompressedDelta : IDisposable
{
    internal CompressedDelta(LoraDelta delta, long rankBefore, double lostShare) => (Delta, RankBefore, RetainedEnergy, RelativeError) = (delta, rankBefore, 1 - lostShare, Math.Sqrt(lostShare));

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

namespace LoraComposition;

/// <summary>How far to compress an update: to a rank, or as far as a share of its energy allows.</summary>
public abstract record RankTarget
{
    private protected RankTarget()
    {
    }

    /// <summary>At most this rank. An update of a lower rank keeps its own.</summary>
    /// <param name="rank">The rank, at least 1.</param>
    /// <returns>The target.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The rank is below 1.</exception>
    public static RankTarget Rank(int rank)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rank, 1);
        return new FixedRank(rank);
    }

    /// <summary>The smallest rank k that keeps a share of the energy: <c>Σᵢ≤ₖ σᵢ² ≥ share · Σᵢ σᵢ²</c>.</summary>
    /// <param name="share">The share, above 0 and at most 1; 1 drops only what is rounding error.</param>
    /// <returns>The target.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The share lies outside (0, 1].</exception>
    public static RankTarget Energy(double share)
    {
        if (share is not (> 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(share), share, "The share of the energy must lie in (0, 1].");
        return new EnergyShare(share);
    }

    /// <summary>The rank that is not exceeded; null where only the energy decides.</summary>
    internal virtual int? Limit => null;

    /// <summary>The rank for one update: at least 1, and no more than the spectrum has.</summary>
    internal abstract int Choose(Spectrum spectrum);

    sealed record FixedRank(int Most) : RankTarget
    {
        internal override int? Limit => Most;

        internal override int Choose(Spectrum spectrum) => Math.Clamp(Most, 1, Math.Max(spectrum.Rank, 1));
    }

    sealed record EnergyShare(double Share) : RankTarget
    {
        internal override int Choose(Spectrum spectrum)
        {
            var rank = 1;
            while (rank < spectrum.Rank && spectrum.LostShare(rank) > 1 - Share) rank++;
            return rank;
        }
    }
}

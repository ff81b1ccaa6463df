namespace LoraComposition;

/// <summary>The settings of a fresh low-rank update.</summary>
public sealed record LoraOptions
{
    /// <summary>The rank r. Default 16, as in arXiv:2402.15414, section 5.</summary>
    public int Rank { get; init; } = 16;

    /// <summary>The numerator of the scaling. Default: the rank, which makes the plain scaling 1.</summary>
    public double? Alpha { get; init; }

    /// <summary>Rank stabilisation (arXiv:2312.03732): the scaling is alpha/√rank instead of alpha/rank. Default off.</summary>
    public bool RankStabilised { get; init; }

    /// <summary>The probability with which an input of the update is dropped in training. Default 0.</summary>
    public double Dropout { get; init; }

    /// <summary>The factor in front of <c>B·A</c>.</summary>
    public double Scaling => ScalingOf(Alpha ?? Rank, Rank, RankStabilised);

    /// <summary>The factor in front of <c>B·A</c> for an alpha and a rank.</summary>
    /// <param name="alpha">The numerator.</param>
    /// <param name="rank">The rank, at least 1.</param>
    /// <param name="rankStabilised">Whether the square root of the rank divides.</param>
    /// <returns>alpha/rank, or alpha/√rank.</returns>
    internal static double ScalingOf(double alpha, long rank, bool rankStabilised) => alpha / (rankStabilised ? Math.Sqrt(rank) : rank);

    /// <summary>Checks every setting.</summary>
    /// <exception cref="ArgumentException">A setting lies outside its range.</exception>
    public void Validate()
    {
        if (Rank < 1) throw new ArgumentException($"The rank is {Rank}; it must be at least 1.");
        if (Alpha is { } alpha && !double.IsFinite(alpha)) throw new ArgumentException($"Alpha is {alpha}; it must be a finite number.");
        CheckDropout(Dropout);
    }

    /// <summary>Checks the rate of a dropout.</summary>
    /// <exception cref="ArgumentException">It is no probability below 1.</exception>
    internal static void CheckDropout(double dropout)
    {
        if (dropout is not (>= 0 and < 1)) throw new ArgumentException($"Dropout is {dropout}; it must lie in [0, 1).", nameof(dropout));
    }
}

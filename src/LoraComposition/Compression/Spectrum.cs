namespace LoraComposition;

/// <summary>The singular values of one update, without those that are rounding error.</summary>
internal sealed class Spectrum
{
    // tails[k] = Σᵢ>ₖ σᵢ², added from the small end, so that a small tail is exact.
    readonly double[] tails;

    /// <param name="singularValues">In descending order.</param>
    /// <param name="noise">The largest value that rounding alone can make.</param>
    /// <param name="rest">The energy <c>Σ σ²</c> of values that are not among them. Default 0.</param>
    public Spectrum(IEnumerable<double> singularValues, double noise, double rest = 0)
    {
        double[] values = [.. singularValues.TakeWhile(value => value > noise)];
        tails = new double[values.Length + 1];
        tails[^1] = values.Length == 0 ? 0 : rest / values[0] / values[0];
        // Divided by the largest, so that no square overflows.
        for (int k = values.Length - 1; k >= 0; k--) tails[k] = tails[k + 1] + values[k] / values[0] * (values[k] / values[0]);
    }

    /// <summary>The numerical rank; 0 for an update of zero.</summary>
    public int Rank => tails.Length - 1;

    /// <summary>The share of the energy <c>Σ σ²</c> that is lost by keeping the first k values; 0 for an update of zero.</summary>
    public double LostShare(int k) => Rank == 0 ? 0 : tails[Math.Min(k, Rank)] / tails[0];
}

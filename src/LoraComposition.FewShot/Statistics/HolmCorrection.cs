namespace LoraComposition.FewShot;

/// <summary>Holm's step-down correction: of many comparisons made at once, chance alone makes one look real in at most 5 of 100 families of them.</summary>
public static class HolmCorrection
{
    /// <summary>The p-values as they stand among each other.</summary>
    /// <param name="values">The p-value of each comparison of one family.</param>
    /// <returns>The adjusted values, in the same order; none is smaller than the one given.</returns>
    public static IReadOnlyList<double> Adjust(IReadOnlyList<double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        double[] adjusted = new double[values.Count];
        double least = 0;
        int left = values.Count;
        foreach (int position in Enumerable.Range(0, values.Count).OrderBy(i => values[i]))
            adjusted[position] = least = Math.Max(least, Math.Min(1, values[position] * left--));
        return adjusted;
    }
}

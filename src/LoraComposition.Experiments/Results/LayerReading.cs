using System.Globalization;

namespace LoraComposition.Experiments;

/// <summary>What learned weights and similarities by layer and module say, in words.</summary>
public static class LayerReading
{
    /// <summary>Reads the learned weights of several seeds: how far they are from uniform, and how far from each other.</summary>
    /// <param name="seeds">A matrix for each seed, at least one, all of one shape.</param>
    /// <returns>A sentence.</returns>
    /// <exception cref="ArgumentException">There is no matrix, or their shapes differ.</exception>
    public static string OfWeights(IReadOnlyList<LayerMatrix> seeds)
    {
        ArgumentNullException.ThrowIfNull(seeds);
        if (seeds.Count == 0) throw new ArgumentException("There is no matrix.", nameof(seeds));
        var mean = LayerMatrices.Mean(seeds[0].Title, seeds);
        int modules = mean.Columns.Count;
        var (least, most) = Range(mean);
        string range = $"{mean.Title}: from {Percent(least.Value)} % ({mean.Columns[least.Column]}, {mean.Rows[least.Row]}) to {Percent(most.Value)} % ({mean.Columns[most.Column]}, {mean.Rows[most.Row]}); uniform is {Percent(1.0 / modules)} %";
        if (modules == 1) return $"{mean.Title}: with one module the weight is 1 at every layer.";
        int kept = seeds.Count(seed => LearnedWeights.AreTheStart(modules, seed.Values));
        if (kept == seeds.Count) return $"{mean.Title}: the start was kept in {kept} of {seeds.Count} runs; every weight is {Percent(1.0 / modules)} %.";
        if (kept > 0) range += $"; the start was kept in {kept} of {seeds.Count} runs";
        double away = RootMeanSquare(mean.Values.SelectMany(row => row.Select(value => value - 1.0 / modules)));
        if (seeds.Count == 1)
            return $"{range}. The weights are {Percent(away)} points from uniform (root mean square); with one seed it is unknown how much of that is chance.";
        double spread = Math.Sqrt(seeds.Sum(seed => Cells(seed, mean).Sum(d => d * d)) / ((seeds.Count - 1) * (double)mean.Rows.Count * modules));
        // The mean over the seeds varies less than one of them does.
        double chance = spread / Math.Sqrt(seeds.Count);
        return $"{range}. The weights are {Percent(away)} points from uniform (root mean square); between seeds a weight has a standard deviation of {Percent(spread)} points, which alone would put their mean {Percent(chance)} points away: "
            + (away <= 1.5 * chance ? "hardly more than chance." : "more than chance.");
    }

    /// <summary>Reads similarities, and whether modules that are more alike got more weight.</summary>
    /// <param name="similarities">The similarities.</param>
    /// <param name="weights">The weights, of the same layers and modules.</param>
    /// <returns>A sentence.</returns>
    public static string OfSimilarities(LayerMatrix similarities, LayerMatrix weights)
    {
        ArgumentNullException.ThrowIfNull(similarities);
        ArgumentNullException.ThrowIfNull(weights);
        var (least, most) = Range(similarities);
        string range = string.Create(CultureInfo.InvariantCulture,
            $"{similarities.Title}: from {least.Value:F2} ({similarities.Columns[least.Column]}, {similarities.Rows[least.Row]}) to {most.Value:F2} ({similarities.Columns[most.Column]}, {similarities.Rows[most.Row]})");
        int cells = similarities.Rows.Count * similarities.Columns.Count;
        if (Correlation([.. similarities.Values.SelectMany(row => row)], [.. weights.Values.SelectMany(row => row)]) is not { } correlation)
            return $"{range}; the weights or the similarities do not vary, so they have no correlation.";
        // About two standard errors of a correlation of nothing.
        string verdict = Math.Abs(correlation) <= 2 / Math.Sqrt(cells) ? "no clear relation" : correlation > 0 ? "modules that are more alike get more weight"
            : "modules that are more alike get less weight";
        return string.Create(CultureInfo.InvariantCulture, $"{range}; correlation with the learned weights over {cells} cells {correlation:F2}: {verdict}.");
    }

    static ((double Value, int Row, int Column) Least, (double Value, int Row, int Column) Most) Range(LayerMatrix matrix)
    {
        var cells = matrix.Values.SelectMany((row, i) => row.Select((value, j) => (Value: value, Row: i, Column: j))).ToArray();
        return (cells.MinBy(c => c.Value), cells.MaxBy(c => c.Value));
    }

    static IEnumerable<double> Cells(LayerMatrix matrix, LayerMatrix from) => matrix.Values.Zip(from.Values)
        .SelectMany(rows => rows.First.Zip(rows.Second, (a, b) => a - b));

    static double RootMeanSquare(IEnumerable<double> values) => Math.Sqrt(values.Average(v => v * v));

    static double? Correlation(double[] x, double[] y)
    {
        double meanX = x.Average(), meanY = y.Average();
        double xx = x.Sum(v => (v - meanX) * (v - meanX)), yy = y.Sum(v => (v - meanY) * (v - meanY));
        // Equal numbers whose sum is rounded are not exactly their mean.
        if (xx <= 1e-20 || yy <= 1e-20) return null;
        return x.Zip(y, (a, b) => (a - meanX) * (b - meanY)).Sum() / Math.Sqrt(xx * yy);
    }

    static string Percent(double fraction) => (100 * fraction).ToString("F1", CultureInfo.InvariantCulture);
}

namespace LoraComposition.FewShot;

/// <summary>
/// Draws K pictures of each class. For one seed the sets are nested (the set for K = 1 lies in that for K = 2, and so on), and the draw of a class
/// does not depend on the other classes.
/// </summary>
public static class FewShotSampler
{
    /// <summary>Draws from a whole data set.</summary>
    /// <param name="dataset">The data set.</param>
    /// <param name="shots">The number of pictures per class, K, at least 1; null for all.</param>
    /// <param name="seed">The seed.</param>
    /// <returns>The draw; its indices are positions in the data set.</returns>
    /// <exception cref="ArgumentOutOfRangeException">K is not positive.</exception>
    public static FewShotSplit Sample(ImageDataset dataset, int? shots, int seed)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        return Sample(dataset.Labels(), dataset.ClassNames.Count, shots, seed);
    }

    /// <summary>Draws from labels, of all positions or of some (the training part of a <see cref="TrainValidationSplit"/>, say).</summary>
    /// <param name="labels">The label at each position, from 0 to <paramref name="classCount"/> − 1.</param>
    /// <param name="classCount">The number of classes.</param>
    /// <param name="shots">The number of positions per class, K, at least 1; null for all.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="candidates">The positions to draw from, each once, in any order; all where not given.</param>
    /// <returns>The draw; its indices are positions in <paramref name="labels"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">K or the number of classes is not positive.</exception>
    /// <exception cref="ArgumentException">A label or candidate is out of range, or a candidate is given twice.</exception>
    public static FewShotSplit Sample(IReadOnlyList<int> labels, int classCount, int? shots, int seed, IReadOnlyList<int>? candidates = null)
    {
        if (shots is { } k) ArgumentOutOfRangeException.ThrowIfNegativeOrZero(k, nameof(shots));
        var groups = ClassGroups.Shuffled(labels, classCount, candidates, RandomStream.FewShot, seed);
        int[] effective = [.. groups.Select(g => Math.Min(shots ?? g.Length, g.Length))];
        int[] indices = [.. groups.SelectMany((g, label) => g.Take(effective[label])).Order()];
        return new FewShotSplit(shots, seed, indices, effective);
    }

    /// <summary>Draws K positions in total, whatever their classes: the few-shot setting of text tasks. For one seed the sets are nested too.</summary>
    /// <param name="count">The number of positions there are.</param>
    /// <param name="shots">The number of positions to draw, K, at least 1; null for all.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="candidates">The positions to draw from, each once, in any order; all where not given.</param>
    /// <returns>The draw, as of a single class.</returns>
    /// <exception cref="ArgumentOutOfRangeException">K is not positive, or the number of positions is negative.</exception>
    /// <exception cref="ArgumentException">A candidate is out of range or given twice.</exception>
    public static FewShotSplit SampleTotal(int count, int? shots, int seed, IReadOnlyList<int>? candidates = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return Sample(new int[count], 1, shots, seed, candidates);
    }
}

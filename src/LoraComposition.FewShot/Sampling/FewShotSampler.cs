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
    public static FewShotSplit Sample(IReadOnlyList<int> labels, int classCount, int? shots, int seed, IReadOnlyList<int>? candidates = null) =>
        Sample(labels, classCount, shots, seed, candidates, _ => true);

    /// <summary>As above, but where a position that was drawn cannot be used, the next one of its class takes its place; the others stay.</summary>
    internal static FewShotSplit Sample(IReadOnlyList<int> labels, int classCount, int? shots, int seed, IReadOnlyList<int>? candidates, Func<int, bool> usable)
    {
        if (shots is { } k) ArgumentOutOfRangeException.ThrowIfNegativeOrZero(k, nameof(shots));
        int[][] groups = [.. ClassGroups.Shuffled(labels, classCount, candidates, RandomStream.FewShot, seed).Select(group => group.Where(usable).ToArray())];
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

/// <summary>The samples of one K-shot training set: pictures by class, or text examples as a single class. Record <see cref="Indices"/> with the result.</summary>
public sealed record FewShotSplit
{
    internal FewShotSplit(int? shots, int seed, int[] indices, int[] effectiveShots) =>
        (Shots, Seed, Indices, EffectiveShots, ShortClasses) = (shots, seed, indices, effectiveShots,
            [.. Enumerable.Range(0, effectiveShots.Length).Where(c => effectiveShots[c] < shots)]);

    /// <summary>The number of samples asked for per class, K; null for all.</summary>
    public int? Shots { get; }

    /// <summary>The seed of the draw.</summary>
    public int Seed { get; }

    /// <summary>The positions of the drawn samples, ascending.</summary>
    public IReadOnlyList<int> Indices { get; }

    /// <summary>The number of samples drawn of each class: K, or all the class has where that is fewer.</summary>
    public IReadOnlyList<int> EffectiveShots { get; }

    /// <summary>The labels of the classes that hold fewer than K samples, ascending; empty where all samples were asked for.</summary>
    public IReadOnlyList<int> ShortClasses { get; }
}

/// <summary>Sorts the positions of a list of labels by class, and puts those of each class into a seeded order of its own.</summary>
internal static class ClassGroups
{
    public static int[][] Shuffled(IReadOnlyList<int> labels, int classCount, IReadOnlyList<int>? candidates, RandomStream stream, int seed)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(classCount);
        var groups = Enumerable.Range(0, classCount).Select(_ => new SortedSet<int>()).ToArray();
        foreach (int index in candidates ?? [.. Enumerable.Range(0, labels.Count)])
        {
            if ((uint)index >= (uint)labels.Count)
                throw new ArgumentException($"There are {labels.Count} labels; candidates must be from 0 to {labels.Count - 1}, found {index}.", nameof(candidates));
            if ((uint)labels[index] >= (uint)classCount)
                throw new ArgumentException($"Expected labels from 0 to {classCount - 1}, found {labels[index]} at {index}.", nameof(labels));
            if (!groups[labels[index]].Add(index)) throw new ArgumentException($"Candidate {index} is given twice; give each once.", nameof(candidates));
        }
        int[][] shuffled = [.. groups.Select(g => g.ToArray())];
        for (int label = 0; label < classCount; label++) new SeededRandom(stream, seed, label).Shuffle(shuffled[label]);
        return shuffled;
    }
}

namespace LoraComposition.FewShot;

/// <summary>The samples of one K-shot training set: pictures by class, or text examples as a single class. Record <see cref="Indices"/> with the result.</summary>
public sealed record FewShotSplit
{
    internal FewShotSplit(int? shots, int seed, int[] indices, int[] effectiveShots) =>
        (Shots, Seed, Indices, EffectiveShots, ShortClasses) = (shots, seed, indices, effectiveShots, [.. Enumerable.Range(0, effectiveShots.Length).Where(c => effectiveShots[c] < shots)]);

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

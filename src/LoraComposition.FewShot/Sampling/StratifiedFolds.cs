namespace LoraComposition.FewShot;

/// <summary>Parts of a support set that take turns as the held-out one; every class is spread over them as evenly as its samples allow.</summary>
static class StratifiedFolds
{
    /// <param name="labels">The label of each sample.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="folds">The most parts.</param>
    /// <param name="seed">The seed of the draw.</param>
    /// <returns>The positions of each part, ascending; nothing where a class has only one sample, which cannot be learned from and held out.</returns>
    public static int[][] Of(IReadOnlyList<int> labels, int classes, int folds, int seed)
    {
        int[][] groups = [.. ClassGroups.Shuffled([.. labels], classes, [.. Enumerable.Range(0, labels.Count)], RandomStream.Folds, seed)
            .Where(group => group.Length > 0)];
        int parts = Math.Min(folds, groups.Min(group => group.Length));
        if (parts < 2) return [];
        var result = Enumerable.Range(0, parts).Select(_ => new List<int>()).ToArray();
        int next = 0;
        foreach (int sample in groups.SelectMany(group => group)) result[next++ % parts].Add(sample);
        return [.. result.Select(part => part.Order().ToArray())];
    }
}

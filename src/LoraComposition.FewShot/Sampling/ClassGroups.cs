namespace LoraComposition.FewShot;

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
            if ((uint)index >= (uint)labels.Count) throw new ArgumentException($"There are {labels.Count} labels; candidates must be from 0 to {labels.Count - 1}, found {index}.", nameof(candidates));
            if ((uint)labels[index] >= (uint)classCount) throw new ArgumentException($"Expected labels from 0 to {classCount - 1}, found {labels[index]} at {index}.", nameof(labels));
            if (!groups[labels[index]].Add(index)) throw new ArgumentException($"Candidate {index} is given twice; give each once.", nameof(candidates));
        }
        int[][] shuffled = [.. groups.Select(g => g.ToArray())];
        for (int label = 0; label < classCount; label++) new SeededRandom(stream, seed, label).Shuffle(shuffled[label]);
        return shuffled;
    }
}

namespace LoraComposition.CommandLine;

/// <summary>Neighbouring labels.</summary>
/// <param name="First">The first, from 0.</param>
/// <param name="End">The one after the last.</param>
public readonly record struct LabelRange(int First, int End)
{
    /// <summary>Their number.</summary>
    public int Count => End - First;

    /// <summary>The labels themselves.</summary>
    public IReadOnlyList<int> Labels => [.. Enumerable.Range(First, Count)];

    /// <summary>What a task of them is called: <c>labels-010-019</c>.</summary>
    public string Name => $"labels-{First:D3}-{End - 1:D3}";

    /// <summary>Cuts labels into sets of nearly the same size.</summary>
    /// <param name="labels">The labels.</param>
    /// <param name="sets">The number of sets.</param>
    /// <returns>The sets, in order.</returns>
    public static IReadOnlyList<LabelRange> Split(LabelRange labels, int sets) =>
        [.. Enumerable.Range(0, sets).Select(set => new LabelRange(labels.First + set * labels.Count / sets, labels.First + (set + 1) * labels.Count / sets))];

    /// <summary>All labels in as many sets as the settings say.</summary>
    /// <param name="classes">The number of labels.</param>
    /// <param name="splits">The number of sets, as <c>--splits</c> gives it.</param>
    /// <returns>The sets, in order.</returns>
    /// <exception cref="UsageException">There are fewer labels than sets.</exception>
    public static IReadOnlyList<LabelRange> Sets(int classes, int splits) =>
        classes >= splits ? Split(new LabelRange(0, classes), splits) : throw new UsageException($"--splits {splits}: the data has only {classes} classes.");
}

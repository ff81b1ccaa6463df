using LoraComposition.CommandLine;

namespace LabelShift;

/// <summary>Neighbouring labels.</summary>
/// <param name="First">The first, from 0.</param>
/// <param name="End">The one after the last.</param>
readonly record struct LabelRange(int First, int End)
{
    public int Count => End - First;

    public int[] Labels => [.. Enumerable.Range(First, Count)];

    public string Name => $"labels-{First:D3}-{End - 1:D3}";

    /// <summary>Cuts labels into sets of nearly the same size.</summary>
    public static LabelRange[] Split(LabelRange labels, int sets) =>
        [.. Enumerable.Range(0, sets).Select(set => new LabelRange(labels.First + set * labels.Count / sets, labels.First + (set + 1) * labels.Count / sets))];

    /// <summary>All labels in as many sets as the settings say.</summary>
    public static LabelRange[] Sets(int classes, int splits) =>
        classes >= splits ? Split(new LabelRange(0, classes), splits) : throw new UsageException($"--splits {splits}: the data has only {classes} classes.");
}

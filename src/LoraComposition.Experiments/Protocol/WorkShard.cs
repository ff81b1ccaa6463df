using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>One of several parts of a list of work, for several processes that share a folder. The parts are disjoint and together the whole list.</summary>
/// <param name="Number">Which part, 1 … <paramref name="Count"/>.</param>
/// <param name="Count">How many parts there are.</param>
/// <exception cref="ArgumentOutOfRangeException">There is no such part.</exception>
public sealed record WorkShard(int Number, int Count)
{
    /// <summary>Everything.</summary>
    public static WorkShard Whole { get; } = new(1, 1);

    /// <summary>Which part, 1 … <see cref="Count"/>.</summary>
    public int Number { get; } = Number >= 1 && Number <= Count ? Number : throw new ArgumentOutOfRangeException(nameof(Number), Number, $"The shard must be one of 1 … {Count}.");

    /// <summary>Takes this part of a list.</summary>
    /// <typeparam name="T">The items.</typeparam>
    /// <param name="work">The list; the same for every part.</param>
    /// <returns>The items of this part, in their order.</returns>
    public IReadOnlyList<T> Of<T>(IReadOnlyList<T> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        // Neighbours are dealt in a random order: in turn, a number of parts that divides the number of methods would give one of them all the costly ones.
        int[] order = [.. Enumerable.Range(0, work.Count)];
        new SeededRandom(ExperimentStreams.WorkShard, work.Count).Shuffle(order);
        return [.. order.Where((_, turn) => turn % Count == Number - 1).Order().Select(position => work[position])];
    }
}

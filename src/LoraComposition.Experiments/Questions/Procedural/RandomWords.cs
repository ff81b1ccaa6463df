using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>Draws out of lists.</summary>
internal static class RandomWords
{
    public static T Pick<T>(this SeededRandom random, IReadOnlyList<T> items) => items[random.Next(items.Count)];

    /// <summary>Different items in a random order.</summary>
    public static T[] Pick<T>(this SeededRandom random, IReadOnlyList<T> items, int count)
    {
        int[] order = [.. Enumerable.Range(0, items.Count)];
        random.Shuffle(order);
        return [.. order.Take(count).Select(i => items[i])];
    }
}

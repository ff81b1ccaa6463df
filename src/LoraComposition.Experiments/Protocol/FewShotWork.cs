using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>One run of an experiment: a method with its settings, on one support set.</summary>
/// <param name="Name">What the run's method is called in files and tables: the method's own name, or one that tells its settings from others.</param>
/// <param name="Method">The method.</param>
/// <param name="Options">Its settings.</param>
/// <param name="Shots">K; null for all samples.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Part">What it is scored on.</param>
public sealed record FewShotWork(string Name, ITuningMethod Method, TuningOptions Options, int? Shots, int Seed, ScoredPart Part = ScoredPart.Test)
{
    /// <summary>Lists every method for every K and seed, K by K and seed by seed.</summary>
    /// <param name="methods">The methods and their settings.</param>
    /// <param name="shots">The numbers of samples; null for all.</param>
    /// <param name="seeds">The seeds.</param>
    /// <returns>The list.</returns>
    public static IReadOnlyList<FewShotWork> List(IReadOnlyList<(ITuningMethod Method, TuningOptions Options)> methods, IReadOnlyList<int?> shots,
        IReadOnlyList<int> seeds)
    {
        ArgumentNullException.ThrowIfNull(methods);
        ArgumentNullException.ThrowIfNull(shots);
        ArgumentNullException.ThrowIfNull(seeds);
        return [.. from k in shots from seed in seeds from m in methods select new FewShotWork(m.Method.Name, m.Method, m.Options, k, seed)];
    }
}

/// <summary>One of several parts of a list of work, for several processes that share a folder. The parts are disjoint and together the whole list.</summary>
/// <param name="Number">Which part, 1 … <paramref name="Count"/>.</param>
/// <param name="Count">How many parts there are.</param>
/// <exception cref="ArgumentOutOfRangeException">There is no such part.</exception>
public sealed record WorkShard(int Number, int Count)
{
    /// <summary>Everything.</summary>
    public static WorkShard Whole { get; } = new(1, 1);

    /// <summary>Which part, 1 … <see cref="Count"/>.</summary>
    public int Number { get; } = Number >= 1 && Number <= Count ? Number
        : throw new ArgumentOutOfRangeException(nameof(Number), Number, $"The shard must be one of 1 … {Count}.");

    /// <summary>Takes this part of a list.</summary>
    /// <typeparam name="T">The items.</typeparam>
    /// <param name="work">The list; the same for every part.</param>
    /// <returns>The items of this part, in their order.</returns>
    public IReadOnlyList<T> Of<T>(IReadOnlyList<T> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        // Neighbours are dealt in a random order: in turn, a number of parts that divides the number of methods would give one of them all the costly ones.
        int[] order = [.. Enumerable.Range(0, work.Count)];
        new SeededRandom(ExperimentStreams.Shards, work.Count).Shuffle(order);
        return [.. order.Where((_, turn) => turn % Count == Number - 1).Order().Select(position => work[position])];
    }

    /// <summary>In which order this part's process makes what all parts need and each can make: each begins elsewhere, so that they seldom make the same.</summary>
    /// <param name="count">How many things there are.</param>
    /// <returns>The positions of all of them, in the order.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public IReadOnlyList<int> Turns(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        long first = (long)(Number - 1) * count / Count;
        return [.. Enumerable.Range(0, count).Select(turn => (int)((first + turn) % count))];
    }

    /// <summary>How many of the first <see cref="Turns"/> no other part has among its first ones: together they are all.</summary>
    /// <param name="count">How many things there are.</param>
    /// <returns>The number, at most one more than any other part has.</returns>
    public int OwnOf(int count) => (int)((long)Number * count / Count - (long)(Number - 1) * count / Count);
}

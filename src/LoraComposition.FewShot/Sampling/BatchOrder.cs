namespace LoraComposition.FewShot;

/// <summary>Seeded batches of a training set: another order in every epoch, each of them reproducible by its number alone.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class BatchOrder
{
    readonly int[] indices;
    readonly int seed;

    /// <summary>Sets the order up.</summary>
    /// <param name="indices">The positions of the training set; copied.</param>
    /// <param name="batchSize">The number of positions per batch, at least 1; the last batch of an epoch holds what is left.</param>
    /// <param name="seed">The seed.</param>
    /// <exception cref="ArgumentException">There are no positions.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The batch size is not positive.</exception>
    public BatchOrder(IReadOnlyList<int> indices, int batchSize, int seed)
    {
        ArgumentNullException.ThrowIfNull(indices);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        if (indices.Count == 0) throw new ArgumentException("The training set is empty; give at least one position.", nameof(indices));
        (this.indices, BatchSize, this.seed) = ([.. indices], batchSize, seed);
    }

    /// <summary>The number of positions in every batch but the last.</summary>
    public int BatchSize { get; }

    /// <summary>The number of batches in an epoch.</summary>
    public int BatchesPerEpoch => (indices.Length - 1) / BatchSize + 1;

    /// <summary>Puts the positions into the order of one epoch and cuts it into batches.</summary>
    /// <param name="epoch">The number of the epoch, from 0.</param>
    /// <returns>The batches; every position occurs once.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The epoch is negative.</exception>
    public IReadOnlyList<int[]> Epoch(int epoch)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        int[] order = [.. indices];
        new SeededRandom(RandomStream.BatchOrder, seed, epoch).Shuffle(order);
        return [.. order.Chunk(BatchSize)];
    }
}

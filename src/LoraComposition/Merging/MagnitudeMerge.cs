namespace LoraComposition;

/// <summary>Magnitude pruning on whole updates: the sum of the updates, each with the part of its entries that is largest in magnitude.</summary>
/// <remarks>PEFT's <c>magnitude_prune</c> does this to the factors A and B, each for itself. Immutable, and safe to use from several threads.</remarks>
public sealed class MagnitudeMerge : MergeMethod
{
    readonly double density;

    /// <summary>Describes the method.</summary>
    /// <param name="density">The part of the entries that each update keeps, in (0, 1].</param>
    /// <param name="lambda">The factor in front of the sum. Default 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The density lies outside (0, 1], or the factor is not finite.</exception>
    public MagnitudeMerge(double density, double lambda = 1) : base("magnitude", lambda) => this.density = Share(density, nameof(density));

    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, double>> OwnSettings => [new("density", density)];

    /// <inheritdoc/>
    protected override LayerUpdate Compose(MergeLayer layer) => WholeUpdates.Sum(layer, (_, module) =>
    {
        var largest = LargestEntries.Of(module, (long)(density * module.Entries));
        return (_, block) => block.mul(largest.WithTies(block));
    });
}

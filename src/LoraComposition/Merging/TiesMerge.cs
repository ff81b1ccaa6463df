namespace LoraComposition;

/// <summary>
/// TIES on whole updates (arXiv:2306.01708): each <c>ΔWₙ</c> keeps the part of its entries that is largest in magnitude; of each entry the sign of the sum is
/// elected, and the mean is taken of the modules that have it.
/// </summary>
/// <remarks>PEFT's <c>ties</c> does this to the factors A and B, each for itself; here it is done to their product. Immutable, and safe to use from several threads.</remarks>
public sealed class TiesMerge : MergeMethod
{
    readonly double density;

    /// <summary>Describes the method.</summary>
    /// <param name="density">The part of the entries that each update keeps, in (0, 1]; the paper's k, 0.2 there.</param>
    /// <param name="lambda">The factor in front of the composed update. Default 1: the disjoint mean.</param>
    /// <exception cref="ArgumentOutOfRangeException">The density lies outside (0, 1], or the factor is not finite.</exception>
    public TiesMerge(double density, double lambda = 1) : base("ties", lambda) => this.density = Share(density, nameof(density));

    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, double>> OwnSettings => [new("density", density)];

    /// <inheritdoc/>
    protected override LayerUpdate Compose(MergeLayer layer) => new(SignElection.Merge(WholeUpdates.Of(layer), density));
}

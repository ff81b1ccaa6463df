namespace LoraComposition;

/// <summary>
/// Model Breadcrumbs on whole updates (arXiv:2312.06795): of each update the very largest entries are left out as outliers, the next part is kept, the small ones
/// are left out; then the sum.
/// </summary>
/// <remarks>Of entries of one magnitude the first come first. Immutable, and safe to use from several threads.</remarks>
public sealed class BreadcrumbsMerge : MergeMethod
{
    /// <summary>The default of gamma.</summary>
    public const double DefaultGamma = 0.01;

    readonly double density;
    readonly double gamma;

    /// <summary>Describes the method.</summary>
    /// <param name="density">The part of the entries that each update keeps, in (0, 1].</param>
    /// <param name="gamma">The part of the entries, the largest, that is left out, in [0, 1]. Default 0.01.</param>
    /// <param name="lambda">The factor in front of the sum. Default 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The density or gamma lies outside its range, or the factor is not finite.</exception>
    public BreadcrumbsMerge(double density, double gamma = DefaultGamma, double lambda = 1) : base("breadcrumbs", lambda) =>
        (this.density, this.gamma) = (Share(density, nameof(density)), Share(gamma, nameof(gamma), orZero: true));

    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, double>> OwnSettings => [new("density", density), new("gamma", gamma)];

    /// <inheritdoc/>
    protected override LayerUpdate Compose(MergeLayer layer) => WholeUpdates.Sum(layer, (_, module) =>
    {
        long outliers = (long)(gamma * module.Entries);
        var left = LargestEntries.Of(module, outliers);
        var kept = LargestEntries.Of(module, Math.Min(outliers + (long)(density * module.Entries), module.Entries));
        return (_, block) => block.mul(kept.Next(block).logical_and(left.Next(block).logical_not()));
    });
}

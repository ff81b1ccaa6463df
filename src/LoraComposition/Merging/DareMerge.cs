using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>
/// DARE on whole updates (arXiv:2311.03099): entries are dropped at random and the others divided by the part that is kept; then the sum, or TIES without a
/// trim.
/// </summary>
/// <remarks>
/// What is dropped depends on the seed, the layer's path, the module's position and the update's shape alone. PEFT's <c>dare_linear</c> drops entries of the
/// factors A and B, each for itself. Immutable, and safe to use from several threads.
/// </remarks>
public sealed class DareMerge : MergeMethod
{
    readonly double density;
    readonly long seed;
    readonly bool ties;
    readonly Func<MergeLayer, int, Func<(long Start, long Count), Tensor>> mask;

    /// <summary>Describes the method.</summary>
    /// <param name="density">The probability with which an entry is kept, in (0, 1]; 1 − p in the paper.</param>
    /// <param name="seed">The seed of what is dropped.</param>
    /// <param name="ties">Whether the signs are elected as TIES does, in place of the sum. Default false.</param>
    /// <param name="lambda">The factor in front of the composed update. Default 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The density lies outside (0, 1], or the factor is not finite.</exception>
    public DareMerge(double density, long seed, bool ties = false, double lambda = 1) : this(density, seed, ties, lambda, mask: null)
    {
    }

    internal DareMerge(double density, long seed, bool ties, double lambda, Func<MergeLayer, int, Func<(long Start, long Count), Tensor>>? mask)
        : base(ties ? "dare-ties" : "dare", lambda) =>
        (this.density, this.seed, this.ties, this.mask) = (Share(density, nameof(density)), seed, ties, mask ?? Drawn);

    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, double>> OwnSettings => [new("density", density), new("seed", seed)];

    /// <inheritdoc/>
    protected override LayerUpdate Compose(MergeLayer layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        if (!ties)
            return WholeUpdates.Sum(layer, (n, _) =>
            {
                var kept = mask(layer, n);
                return (rows, block) => Rescaled(block, kept(rows));
            });
        return new(SignElection.Merge([.. layer.Present.Select(n =>
        {
            var module = WholeUpdates.Of(layer, n);
            var kept = mask(layer, n);
            return (Func<(long Start, long Count), Tensor>)(rows => Rescaled(module.Block(rows), kept(rows)));
        })], layer.OutFeatures, layer.InFeatures));
    }

    Tensor Rescaled(Tensor block, Tensor kept)
    {
        using Scalar part = density;
        return block.mul(kept).div(part);
    }

    // Each block has a seed of its own, so that it can be drawn twice.
    Func<(long Start, long Count), Tensor> Drawn(MergeLayer layer, int module) => rows =>
    {
        using var generator = new Generator(SeedOf(layer.Path, module, rows.Start), CPU);
        using Scalar part = density;
        return rand([rows.Count, layer.InFeatures], dtype: ScalarType.Float32, generator: generator).lt(part);
    };

    ulong SeedOf(string layer, int module, long start) =>
        BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{seed}\n{layer}\n{module}\n{start}"))));
}

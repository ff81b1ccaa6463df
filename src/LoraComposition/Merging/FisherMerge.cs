using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>
/// Fisher merging of updates (arXiv:2111.09832): <c>Σ Fₙ∘ΔWₙ / Σ Fₙ</c> entry by entry, Fₙ the diagonal of the Fisher information of module n's task, not below
/// a floor.
/// </summary>
/// <remarks>Does not own the diagonals, which must live as long. As thread-safe as reading them is.</remarks>
public sealed class FisherMerge : MergeMethod
{
    /// <summary>The least that an entry of a diagonal counts, so that nothing is divided by zero.</summary>
    public const double Floor = 1e-6;

    readonly IReadOnlyList<IFisherDiagonal> diagonals;

    /// <summary>Describes the method.</summary>
    /// <param name="diagonals">One per module, in their order. They stay the caller's.</param>
    /// <param name="lambda">The factor in front of the composed update. Default 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The factor is not finite.</exception>
    public FisherMerge(IReadOnlyList<IFisherDiagonal> diagonals, double lambda = 1) : base("fisher", lambda)
    {
        ArgumentNullException.ThrowIfNull(diagonals);
        this.diagonals = diagonals;
    }

    /// <inheritdoc/>
    protected override LayerUpdate Compose(MergeLayer layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        if (diagonals.Count != layer.Count) throw new ArgumentException($"Expected {layer.Count} Fisher diagonals, one per module, found {diagonals.Count}.");
        var weighted = zeros(layer.OutFeatures, layer.InFeatures, dtype: layer.Dtype);
        var total = zeros_like(weighted);
        using Scalar floor = Floor;
        foreach (int n in layer.Present)
        {
            using var scope = NewDisposeScope();
            var module = WholeUpdates.Of(layer, n);
            var diagonal = diagonals[n].Read(layer.Path).to(layer.Dtype);
            if (!diagonal.shape.SequenceEqual(weighted.shape))
                throw new ArgumentException($"Layer '{layer.Path}': the Fisher diagonal of {layer.NameOf(n)} is [{string.Join(", ", diagonal.shape)}], expected [{layer.OutFeatures}, {layer.InFeatures}].");
            foreach (var rows in MatrixRows.Blocks(module.Rows, module.Columns))
            {
                using var inner = NewDisposeScope();
                var part = diagonal.narrow(0, rows.Start, rows.Count).clamp_min(floor);
                weighted.narrow(0, rows.Start, rows.Count).addcmul_(part, module.Block(rows), HeldScalars.One);
                total.narrow(0, rows.Start, rows.Count).add_(part, HeldScalars.One);
            }
        }
        return new(weighted.div_(total));
    }
}

/// <summary>The diagonal of the Fisher information of a module's task, layer by layer.</summary>
public interface IFisherDiagonal
{
    /// <summary>Reads the diagonal of a layer.</summary>
    /// <param name="layer">The layer's path as the module spells it.</param>
    /// <returns>A number from 0 for each entry of the layer's update, <c>[out, in]</c>. The caller owns it.</returns>
    /// <exception cref="ArgumentException">There is none of this layer; the message says what to do.</exception>
    Tensor Read(string layer);
}

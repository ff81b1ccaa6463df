using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>How trained positions become those of another grid of patches. Both are bicubic.</summary>
internal enum GridFilter
{
    /// <summary>A cubic with a = −0.75, of fixed width.</summary>
    Plain,

    /// <summary>A cubic with a = −0.5, which is widened where the grid shrinks.</summary>
    Antialiased,
}

/// <summary>Interpolates positions as PyTorch's <c>interpolate</c> does (<c>align_corners</c> false).</summary>
internal static class PositionGrid
{
    /// <summary>Interpolates the positions of a square of patches; those in front keep their own.</summary>
    /// <param name="positions"><c>[(1,) front + grid², d]</c>.</param>
    /// <param name="gridSize">The patches along one side of the new image.</param>
    /// <param name="front">How many positions are no patches'.</param>
    /// <param name="filter">How.</param>
    /// <returns><c>[(1,) front + gridSize², d]</c>, of the same type; what has 16 bits is computed in float32. The caller owns it.</returns>
    public static Tensor Interpolate(Tensor positions, int gridSize, int front, GridFilter filter)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var rows = positions.reshape(-1, positions.shape[^1]);
        long old = (long)Math.Sqrt(rows.shape[0] - front), width = rows.shape[1];
        // [old², d] → [1, d, old, old]
        var grid = rows[front..].reshape(1, old, old, width).permute(0, 3, 1, 2);
        var exact = grid.dtype.ElementSize() < 4 ? grid.to(ScalarType.Float32) : grid;
        var resized = nn.functional.interpolate(exact, size: [gridSize, gridSize], mode: InterpolationMode.Bicubic, align_corners: false,
            antialias: filter == GridFilter.Antialiased).to(grid.dtype);
        var all = cat([rows[..front], resized.permute(0, 2, 3, 1).reshape((long)gridSize * gridSize, width)], 0);
        return (positions.dim() == 2 ? all : all.unsqueeze(0)).MoveToOuterDisposeScope();
    }
}

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
    /// <returns><c>[(1,) front + gridSize², d]</c>. The caller owns it.</returns>
    public static Tensor Interpolate(Tensor positions, int gridSize, int front, GridFilter filter)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var rows = positions.reshape(-1, positions.shape[^1]);
        long old = (long)Math.Sqrt(rows.shape[0] - front), width = rows.shape[1];
        // [old², d] → [1, d, old, old]
        var grid = rows[front..].reshape(1, old, old, width).permute(0, 3, 1, 2);
        var resized = filter == GridFilter.Plain
            ? nn.functional.interpolate(grid, size: [gridSize, gridSize], mode: InterpolationMode.Bicubic, align_corners: false)
            : Antialiased(grid, gridSize);
        var all = cat([rows[..front], resized.permute(0, 2, 3, 1).reshape((long)gridSize * gridSize, width)], 0);
        return (positions.dim() == 2 ? all : all.unsqueeze(0)).MoveToOuterDisposeScope();
    }

    // The filter is the same along both sides, so that it is a matrix from the left and from the right.
    static Tensor Antialiased(Tensor grid, int size)
    {
        var weights = Weights((int)grid.shape[^1], size).to(grid.dtype);
        return weights.matmul(grid).matmul(weights.t());
    }

    /// <summary>What each new place is made of, <c>[size, old]</c>; the rows sum to 1.</summary>
    static Tensor Weights(int old, int size)
    {
        double scale = (double)old / size, stretch = Math.Max(scale, 1), reach = 2 * stretch;
        var weights = new double[size, old];
        for (int i = 0; i < size; i++)
        {
            double centre = scale * (i + 0.5), sum = 0;
            int first = Math.Max((int)(centre - reach + 0.5), 0), end = Math.Min((int)(centre + reach + 0.5), old);
            for (int j = first; j < end; j++) sum += weights[i, j] = Cubic((j - centre + 0.5) / stretch);
            for (int j = first; j < end; j++) weights[i, j] /= sum;
        }
        return tensor(weights);
    }

    static double Cubic(double x)
    {
        const double a = -0.5;
        x = Math.Abs(x);
        return x < 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
    }
}

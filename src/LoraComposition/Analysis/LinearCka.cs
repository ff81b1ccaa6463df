using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>Linear centred kernel alignment (arXiv:1905.00414), the similarity of section 5.6 of arXiv:2402.15414.</summary>
public static class LinearCka
{
    /// <summary>Compares two representations of the same samples: <c>‖YᵀX‖²_F / (‖XᵀX‖_F·‖YᵀY‖_F)</c> with centred columns.</summary>
    /// <param name="x">The first representation, <c>[samples, p]</c>.</param>
    /// <param name="y">The second, <c>[samples, q]</c>.</param>
    /// <returns>A number from 0 to 1, invariant to rotation and scale; 0 where one of the two is constant.</returns>
    /// <exception cref="ArgumentException">The two are not matrices over the same samples.</exception>
    public static double Compute(Tensor x, Tensor y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        if (x.dim() != 2 || y.dim() != 2 || x.shape[0] != y.shape[0])
            throw new ArgumentException($"Expected [samples, p] and [samples, q] over the same samples, found [{string.Join(", ", x.shape)}] and [{string.Join(", ", y.shape)}].");
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var (cx, cy) = (Centred(x), Centred(y));
        double cross = SquaredNorm(cy.t().matmul(cx));
        double norms = Math.Sqrt(SquaredNorm(cx.t().matmul(cx))) * Math.Sqrt(SquaredNorm(cy.t().matmul(cy)));
        return norms > 0 ? cross / norms : 0;
    }

    // In float64: the squares of squares lose too much in float32.
    static Tensor Centred(Tensor x)
    {
        var wide = x.to(ScalarType.Float64);
        return wide.sub(wide.mean([0], keepdim: true));
    }

    static double SquaredNorm(Tensor m) => m.square().sum().item<double>();
}

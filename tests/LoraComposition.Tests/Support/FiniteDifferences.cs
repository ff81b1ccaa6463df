using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Support;

static class FiniteDifferences
{
    /// <summary>The gradient of a scalar function of float64 numbers by central differences, one number at a time.</summary>
    public static Tensor Of(Func<Tensor> loss, Tensor variable, double step = 1e-6)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var gradient = zeros_like(variable);
        var (flat, result) = (variable.view(-1), gradient.view(-1));
        for (long i = 0; i < flat.numel(); i++)
        {
            double value = flat[i].item<double>();
            flat[i] = value + step;
            double above = loss().item<double>();
            flat[i] = value - step;
            double below = loss().item<double>();
            flat[i] = value;
            result[i] = (above - below) / (2 * step);
        }
        return gradient.MoveToOuterDisposeScope();
    }
}

using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>Scales the gradients of all parameters together down to a norm, as <c>clip_grad_norm_</c> does, but without reading the norm back: that would wait for the device.</summary>
internal static class GradientClipping
{
    // torch's own, against a norm of zero.
    const double Epsilon = 1e-6;

    /// <param name="parameters">The parameters, on one device and with gradients of one type. Those without a gradient are left.</param>
    /// <param name="maxNorm">The largest Euclidean norm that stays as it is.</param>
    public static void Clip(IReadOnlyList<Parameter> parameters, double maxNorm)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        Tensor[] gradients = [.. parameters.Select(p => p.grad).OfType<Tensor>()];
        if (gradients.Length == 0) return;
        var norm = stack(gradients.Select(g => g.norm())).norm();
        var factor = norm.add(Epsilon).reciprocal().mul(maxNorm).clamp_max(1);
        foreach (var gradient in gradients) gradient.mul_(factor);
    }
}

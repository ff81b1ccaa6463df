using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition.Models;

/// <summary>RMS normalisation (arXiv:1910.07467): <c>w ∘ x / √(mean(x²) + ε)</c>. The statistics of 16-bit states are computed in float32.</summary>
internal sealed class T5Norm : Module<Tensor, Tensor>
{
    readonly Scalar epsilon;
    Parameter weight;

    public T5Norm(T5Config config, Device device) : base(nameof(T5Norm))
    {
        epsilon = config.LayerNormEpsilon;
        weight = (Parameter)new Parameter(ones(config.HiddenSize, device: device)).DetachFromDisposeScope();
        RegisterComponents();
    }

    /// <param name="input"><c>[batch, tokens, d]</c>.</param>
    /// <returns><c>[batch, tokens, d]</c>, in the type of the weight.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var wide = input.dtype.ElementSize() < 4 ? input.to(ScalarType.Float32) : input;
        // [batch, tokens, 1]
        var inverse = wide.pow(HeldScalars.Two).mean([-1], keepdim: true).add(epsilon, HeldScalars.One).rsqrt();
        var normed = wide.mul(inverse);
        return weight.mul(normed.dtype == weight.dtype ? normed : normed.to(weight.dtype)).MoveToOuterDisposeScope();
    }

    public WeightSlot Slot(string path) => new(new TensorSource(path).Weight, () => weight, p => ConditionallyRegisterParameter(nameof(weight), weight = p),
        WeightStarts.Ones);
}

using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition;

/// <summary>One trainable low-rank update (arXiv:2106.09685): <c>s·dropout(x)·Aᵀ·Bᵀ</c> with A <c>[rank, in]</c>, B <c>[out, rank]</c>, without a layer.</summary>
/// <remarks>The factors are float32, or float64, also over 16-bit layers, whose steps of training they would lose.</remarks>
sealed class LoraUpdate : Module<Tensor, Tensor>
{
    readonly Parameter lora_A;
    readonly Parameter lora_B;
    readonly double dropout;
    readonly Scalar scaling;

    /// <param name="baseLayer">The layer that it is an update of, for shape and device.</param>
    /// <param name="start">Where it starts; copied.</param>
    /// <param name="dropout">The probability with which an input is dropped in training, in [0, 1).</param>
    public LoraUpdate(Linear baseLayer, LoraDelta start, double dropout) : base(nameof(LoraUpdate))
    {
        LoraOptions.CheckDropout(dropout);
        if (start.InFeatures != baseLayer.in_features || start.OutFeatures != baseLayer.out_features)
            throw new ArgumentException($"Expected an update [{baseLayer.out_features}, {baseLayer.in_features}], found [{start.OutFeatures}, {start.InFeatures}].");
        var device = baseLayer.weight!.device;
        (lora_A, lora_B) = (Trainable(start.A, device), Trainable(start.B, device));
        scaling = Scaling = start.Scaling;
        this.dropout = dropout;
        RegisterComponents();
    }

    /// <summary>A fresh update: A Kaiming-uniform, B zero.</summary>
    public static LoraUpdate Fresh(Linear baseLayer, LoraOptions options, Generator? generator)
    {
        using var start = Start(baseLayer, options, generator);
        return new LoraUpdate(baseLayer, start, options.Dropout);
    }

    public Parameter A => lora_A;

    public Parameter B => lora_B;

    public double Scaling { get; }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var kept = dropout > 0 ? functional.dropout(input, dropout, training) : input;
        var type = input.dtype;
        // The scale is applied to the thin product [tokens, rank], not to the output.
        var thin = functional.linear(kept, In(lora_A, type)).mul(scaling);
        return functional.linear(thin, In(lora_B, type)).MoveToOuterDisposeScope();
    }

    static LoraDelta Start(Linear baseLayer, LoraOptions options, Generator? generator)
    {
        options.Validate();
        bool abstractOnly = baseLayer.weight!.device_type == DeviceType.META;
        // Kaiming-uniform with a = √5, as torch initialises a linear layer: the bound is 1/√in. Drawn on the CPU so that it is the same on every device.
        double bound = 1 / Math.Sqrt(baseLayer.in_features);
        var a = abstractOnly
            ? empty(options.Rank, baseLayer.in_features, device: META)
            : rand(options.Rank, baseLayer.in_features, generator: generator).mul_(2 * bound).sub_(bound);
        var b = zeros(baseLayer.out_features, options.Rank, device: abstractOnly ? META : CPU);
        return new LoraDelta(a, b, options.Scaling);
    }

    static Parameter Trainable(Tensor factor, Device device)
    {
        using var noGrad = no_grad();
        var type = factor.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        var parameter = new Parameter(factor.to(type, device, copy: true));
        parameter.DetachFromDisposeScope();
        return parameter;
    }

    static Tensor In(Tensor factor, ScalarType type) => factor.dtype == type ? factor : factor.to(type);
}

using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition;

/// <summary>
/// A frozen linear layer and one trainable low-rank update (arXiv:2106.09685; section 3 of arXiv:2402.15414):
/// <c>y = x·W₀ᵀ + b + s·dropout(x)·Aᵀ·Bᵀ</c> with A <c>[rank, in]</c>, B <c>[out, rank]</c>.
/// </summary>
/// <remarks>
/// A starts Kaiming-uniform, B at zero, so that the first output equals the base layer's. Owns the base layer. Forward passes in several threads are
/// safe in evaluation.
/// </remarks>
public sealed class LoraLinear : AdaptedLinear
{
    readonly Parameter lora_A;
    readonly Parameter lora_B;
    readonly double dropout;
    readonly Scalar scaling;

    /// <summary>Puts a fresh update on a layer.</summary>
    /// <param name="baseLayer">The layer to freeze. Owned by the new module.</param>
    /// <param name="options">Rank, alpha, dropout.</param>
    /// <param name="generator">The source of A's random start; the global one where not given.</param>
    /// <exception cref="ArgumentException">An option lies outside its range.</exception>
    public LoraLinear(Linear baseLayer, LoraOptions options, Generator? generator)
        : this(baseLayer, Start(baseLayer, options, generator), options.Dropout, startIsOwned: true)
    {
    }

    /// <summary>Continues a trained update.</summary>
    /// <param name="baseLayer">The layer to freeze. Owned by the new module.</param>
    /// <param name="start">Where the update starts; copied.</param>
    /// <param name="dropout">The probability with which an input of the update is dropped in training, in [0, 1).</param>
    /// <exception cref="ArgumentException">The update's shape is not the layer's, or the dropout lies outside its range.</exception>
    public LoraLinear(Linear baseLayer, LoraDelta start, double dropout) : this(baseLayer, start, dropout, startIsOwned: false)
    {
    }

    LoraLinear(Linear baseLayer, LoraDelta start, double dropout, bool startIsOwned) : base(nameof(LoraLinear), baseLayer)
    {
        ArgumentNullException.ThrowIfNull(start);
        LoraOptions.CheckDropout(dropout);
        if (start.InFeatures != baseLayer.in_features || start.OutFeatures != baseLayer.out_features)
            throw new ArgumentException($"Expected an update [{baseLayer.out_features}, {baseLayer.in_features}], found [{start.OutFeatures}, {start.InFeatures}].");
        var weight = baseLayer.weight!;
        lora_A = Trainable(start.A, weight.device);
        lora_B = Trainable(start.B, weight.device);
        scaling = Scaling = start.Scaling;
        this.dropout = dropout;
        if (startIsOwned) start.Dispose();
        RegisterComponents();
    }

    /// <summary>The factor s in front of the update.</summary>
    public double Scaling { get; }

    /// <summary>The rank r of the update.</summary>
    /// <exception cref="ObjectDisposedException">The layer was disposed.</exception>
    public long Rank => Alive(lora_A).shape[0];

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> TrainableParameters => [Alive(lora_A), Alive(lora_B)];

    /// <summary>Applies the layer.</summary>
    /// <param name="input"><c>[…, in]</c>.</param>
    /// <returns><c>[…, out]</c>. The caller owns it.</returns>
    /// <exception cref="ObjectDisposedException">The layer was disposed.</exception>
    public override Tensor forward(Tensor input)
    {
        ThrowIfDisposed();
        using var scope = NewDisposeScope();
        var kept = dropout > 0 ? functional.dropout(input, dropout, training) : input;
        var type = input.dtype;
        // The scale is applied to the thin product [tokens, rank], not to the output.
        var thin = functional.linear(kept, In(lora_A, type)).mul(scaling);
        return base_layer.call(input).Plus(functional.linear(thin, In(lora_B, type))).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override LoraDelta ToDelta()
    {
        ThrowIfDisposed();
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        return new LoraDelta(lora_A.detach().clone(), lora_B.detach().mul(Scaling), 1);
    }

    /// <summary>The present update in the form in which it is trained: A, B and the scaling apart.</summary>
    /// <returns>Copies, detached from the graph. The caller owns them.</returns>
    /// <exception cref="ObjectDisposedException">The layer was disposed.</exception>
    public LoraDelta ToTrainedDelta()
    {
        ThrowIfDisposed();
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        return new LoraDelta(lora_A.detach().clone(), lora_B.detach().clone(), Scaling);
    }

    static LoraDelta Start(Linear baseLayer, LoraOptions options, Generator? generator)
    {
        ArgumentNullException.ThrowIfNull(baseLayer);
        ArgumentNullException.ThrowIfNull(options);
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

    // 16-bit factors would lose the small steps of training, so they are kept in float32 and cast in the forward pass.
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

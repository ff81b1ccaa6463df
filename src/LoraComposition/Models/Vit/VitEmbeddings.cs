using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition.Models;

/// <summary>Cuts an image into patches, projects them, puts the other tokens in front and adds the positions.</summary>
internal sealed class VitEmbeddings : Module<Tensor, Tensor>
{
    readonly VitParts parts;
    Parameter? class_token;
    Parameter? distillation_token;
    Parameter? registers;
    Parameter positions;
    readonly Conv2d projection;
    readonly LayerNorm? norm;

    public VitEmbeddings(VitConfig config, Device device) : base(nameof(VitEmbeddings))
    {
        parts = config.Parts;
        long width = config.HiddenSize;
        if (parts.ClassToken) class_token = New(parts.FlatEmbeddings ? zeros(width, device: device) : zeros(1, 1, width, device: device));
        if (parts.DistillationToken) distillation_token = New(zeros(1, 1, width, device: device));
        if (parts.RegisterCount > 0) registers = New(zeros(1, parts.RegisterCount, width, device: device));
        positions = New(zeros(config.PositionShape, device: device));
        projection = MakeProjection(config, device);
        if (parts.NormBeforeBlocks) norm = LayerNorm(width, config.LayerNormEpsilon, device: device);
        RegisterComponents();
    }

    /// <summary>The type of the pixels that are read.</summary>
    public ScalarType Dtype => projection.weight!.dtype;

    /// <summary>Where the parameters lie.</summary>
    public Device Device => projection.weight!.device;

    /// <summary><c>[tokens, d]</c>, and for most a 1 in front; the tokens are those that have positions.</summary>
    public Parameter Positions => positions;

    /// <summary>The projection of the patches, weight <c>[d, channels, patch, patch]</c>.</summary>
    public Conv2d Projection => projection;

    /// <summary>The norm in front of the blocks; null for none.</summary>
    public LayerNorm? Norm => norm;

    /// <summary>What stands in front of the patches and has positions, each <c>[1, 1, d]</c>.</summary>
    public IReadOnlyList<Tensor> TokensInFront => [.. new[] { class_token, distillation_token }.OfType<Parameter>().Select(token => token.view(1, 1, -1))];

    /// <summary>What stands between those and the patches, <c>[1, registers, d]</c>; null for nothing.</summary>
    public Parameter? Registers => registers;

    /// <param name="input"><c>[batch, channels, side, side]</c>.</param>
    /// <returns><c>[batch, tokens, d]</c>.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        long batch = input.shape[0];
        // [batch, d, grid, grid] → [batch, patches, d]
        var patches = projection.call(input).flatten(2).transpose(1, 2);
        Tensor[] front = [.. TokensInFront.Select(token => token.expand(batch, -1, -1))];
        if (!parts.PositionsInFront) patches = patches.Plus(positions);
        var tokens = front.Length == 0 ? patches : cat([.. front, patches], 1);
        if (parts.PositionsInFront) tokens = tokens.Plus(positions);
        if (registers is not null) tokens = cat([tokens[.., ..front.Length], registers.expand(batch, -1, -1), tokens[.., front.Length..]], 1);
        return (norm is null ? tokens : norm.call(tokens)).MoveToOuterDisposeScope();
    }

    /// <summary>Refuses pixels that the model cannot read.</summary>
    /// <exception cref="ArgumentException">They have another shape, or are not of the type of the model's parameters.</exception>
    public void CheckPixels(Tensor input, VitConfig config)
    {
        long side = config.ImageSize, channels = config.ChannelCount;
        if (input.dim() != 4 || input.shape[1] != channels || input.shape[2] != side || input.shape[3] != side)
            throw new ArgumentException($"Expected pixels [batch, {channels}, {side}, {side}], found [{string.Join(", ", input.shape)}].");
        if (input.dtype != Dtype)
            throw new ArgumentException($"Expected floating-point pixels of the model's type {Dtype}, found {input.dtype}; preprocess them, or cast them with to({Dtype}).", nameof(input));
    }

    public IEnumerable<WeightSlot> Slots(VitLayout layout)
    {
        if (class_token is not null) yield return new WeightSlot(layout.ClassToken, () => class_token, p => Set(nameof(class_token), class_token = p), VitInitialisation.Normal);
        if (distillation_token is not null)
            yield return new WeightSlot(layout.DistillationToken, () => distillation_token, p => Set(nameof(distillation_token), distillation_token = p), VitInitialisation.Normal);
        if (registers is not null) yield return new WeightSlot(layout.Registers, () => registers, p => Set(nameof(registers), registers = p), VitInitialisation.Normal);
        yield return new WeightSlot(layout.Positions, () => positions, p => Set(nameof(positions), positions = p), VitInitialisation.Normal);
        foreach (var slot in WeightSlot.Of(layout.Patches, projection, VitInitialisation.Normal)) yield return slot;
        if (norm is null) yield break;
        foreach (var slot in WeightSlot.Of(layout.NormBeforeBlocks, norm)) yield return slot;
    }

    void Set(string name, Parameter parameter) => ConditionallyRegisterParameter(name, parameter);

    // TorchSharp leaves a third tensor behind beside weight and bias.
    static Conv2d MakeProjection(VitConfig config, Device device)
    {
        using var scope = NewDisposeScope();
        var made = Conv2d(config.ChannelCount, config.HiddenSize, config.PatchSize, stride: config.PatchSize, bias: config.Parts.PatchBias, device: device);
        foreach (var parameter in made.parameters()) parameter.DetachFromDisposeScope();
        return made;
    }

    static Parameter New(Tensor value) => (Parameter)new Parameter(value).DetachFromDisposeScope();
}

using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition.Models;

/// <summary>Cuts an image into patches, projects them, puts the class token in front and adds the positions.</summary>
internal sealed class VitEmbeddings : Module<Tensor, Tensor>
{
    Parameter class_token;
    Parameter positions;
    readonly Conv2d projection;

    public VitEmbeddings(VitConfig config, Device device) : base(nameof(VitEmbeddings))
    {
        class_token = New(zeros(1, 1, config.HiddenSize, device: device));
        positions = New(zeros(1, config.TokenCount, config.HiddenSize, device: device));
        projection = MakeProjection(config, device);
        RegisterComponents();
    }

    /// <summary>The type of the pixels that are read.</summary>
    public ScalarType Dtype => projection.weight!.dtype;

    /// <summary>What stands in front of the patches, <c>[1, 1, d]</c>.</summary>
    public Parameter ClassToken => class_token;

    /// <summary><c>[1, tokens, d]</c>.</summary>
    public Parameter Positions => positions;

    /// <summary>The projection of the patches, weight <c>[d, channels, patch, patch]</c>.</summary>
    public Conv2d Projection => projection;

    /// <param name="input"><c>[batch, channels, side, side]</c>.</param>
    /// <returns><c>[batch, tokens, d]</c>.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        // [batch, d, grid, grid] → [batch, patches, d]
        var patches = projection.call(input).flatten(2).transpose(1, 2);
        var first = class_token.expand(input.shape[0], -1, -1);
        return cat([first, patches], 1).Plus(positions).MoveToOuterDisposeScope();
    }

    public IEnumerable<WeightSlot> Slots(VitLayout layout) =>
    [
        new WeightSlot(layout.ClassToken, () => class_token, p => Set(nameof(class_token), class_token = p), VitInitialisation.Normal),
        new WeightSlot(layout.Positions, () => positions, p => Set(nameof(positions), positions = p), VitInitialisation.Normal),
        .. WeightSlot.Of(layout.Patches, projection, VitInitialisation.Normal),
    ];

    /// <summary>Interpolates trained positions to another grid, bicubic as transformers does; the class token keeps its own.</summary>
    /// <param name="positions"><c>[1, 1 + grid², d]</c>.</param>
    /// <param name="gridSize">The patches along one side of the new image.</param>
    /// <returns><c>[1, 1 + gridSize², d]</c>. The caller owns it.</returns>
    public static Tensor Interpolate(Tensor positions, int gridSize)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        long old = (long)Math.Sqrt(positions.shape[1] - 1), width = positions.shape[2];
        var grid = positions[.., 1..].reshape(1, old, old, width).permute(0, 3, 1, 2);
        var resized = functional.interpolate(grid, size: [gridSize, gridSize], mode: InterpolationMode.Bicubic, align_corners: false);
        return cat([positions[.., ..1], resized.permute(0, 2, 3, 1).reshape(1, (long)gridSize * gridSize, width)], 1).MoveToOuterDisposeScope();
    }

    void Set(string name, Parameter parameter) => ConditionallyRegisterParameter(name, parameter);

    // TorchSharp leaves a third tensor behind beside weight and bias.
    static Conv2d MakeProjection(VitConfig config, Device device)
    {
        using var scope = NewDisposeScope();
        var made = Conv2d(config.ChannelCount, config.HiddenSize, config.PatchSize, stride: config.PatchSize, device: device);
        foreach (var parameter in made.parameters()) parameter.DetachFromDisposeScope();
        return made;
    }

    static Parameter New(Tensor value) => (Parameter)new Parameter(value).DetachFromDisposeScope();
}

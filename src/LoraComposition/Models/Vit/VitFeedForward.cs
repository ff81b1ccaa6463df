using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition.Models;

/// <summary>The feed-forward part of a block: two linear layers with the exact GELU between them. Both can be adapted.</summary>
internal sealed class VitFeedForward : Module<Tensor, Tensor>
{
    Module<Tensor, Tensor> enter;
    Module<Tensor, Tensor> leave;

    public VitFeedForward(VitConfig config, Device device) : base(nameof(VitFeedForward))
    {
        enter = Linear(config.HiddenSize, config.IntermediateSize, true, device);
        leave = Linear(config.IntermediateSize, config.HiddenSize, true, device);
        RegisterComponents();
    }

    /// <param name="input"><c>[batch, tokens, d]</c>.</param>
    /// <returns><c>[batch, tokens, d]</c>.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return leave.call(functional.gelu(enter.call(input))).MoveToOuterDisposeScope();
    }

    public IEnumerable<WeightSlot> Slots(VitLayout layout, int block) =>
    [
        .. WeightSlot.Of(layout.Layer(block, LinearRole.FeedForwardIn), enter, VitInitialisation.Normal),
        .. WeightSlot.Of(layout.Layer(block, LinearRole.FeedForwardOut), leave, VitInitialisation.Normal),
    ];

    public IEnumerable<AdapterSite> Sites(int layer)
    {
        yield return VitSite.Of("mlp.fc1", LinearRole.FeedForwardIn, layer, this, nameof(enter), () => enter, m => enter = m);
        yield return VitSite.Of("mlp.fc2", LinearRole.FeedForwardOut, layer, this, nameof(leave), () => leave, m => leave = m);
    }
}

using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition.Models;

/// <summary>The feed-forward part of a block: two linear layers with an activation between them. Both can be adapted.</summary>
internal sealed class VitFeedForward : Module<Tensor, Tensor>
{
    const double QuickFactor = 1.702;

    readonly VitActivation activation;
    Module<Tensor, Tensor> enter;
    Module<Tensor, Tensor> leave;

    public VitFeedForward(VitConfig config, Device device) : base(nameof(VitFeedForward))
    {
        activation = config.Parts.Activation;
        // Of a gated part both halves are one layer.
        enter = Linear(config.HiddenSize, activation == VitActivation.SwiGlu ? 2 * config.IntermediateSize : config.IntermediateSize, true, device);
        leave = Linear(config.IntermediateSize, config.HiddenSize, true, device);
        RegisterComponents();
    }

    /// <param name="input"><c>[batch, tokens, d]</c>.</param>
    /// <returns><c>[batch, tokens, d]</c>.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        // [batch·tokens, d], as in the attention.
        return leave.call(Activate(enter.call(input.reshape(-1, input.shape[^1])))).view(input.shape).MoveToOuterDisposeScope();
    }

    // [batch·tokens, m], of a gated part [batch·tokens, 2m] → [batch·tokens, m]
    Tensor Activate(Tensor x)
    {
        switch (activation)
        {
            case VitActivation.Gelu: return functional.gelu(x);
            case VitActivation.TanhGelu: return functional.gelu(x, TorchSharp.Modules.GELU.Approximate.tanh);
            case VitActivation.QuickGelu:
                using (Scalar factor = QuickFactor) return x.mul(x.mul(factor).sigmoid());
            case VitActivation.SwiGlu:
                var halves = x.chunk(2, -1);
                return functional.silu(halves[0]).mul(halves[1]);
            default: throw new NotSupportedException($"Activation {activation} is not computed.");
        }
    }

    /// <summary>The layer that enters, plain or adapted.</summary>
    public Module<Tensor, Tensor> Enter => enter;

    /// <summary>The layer that leaves, plain or adapted.</summary>
    public Module<Tensor, Tensor> Leave => leave;

    /// <param name="source">Where the checkpoint holds the layer of a role.</param>
    public IEnumerable<WeightSlot> Slots(Func<LinearRole, TensorSource> source) =>
    [
        .. WeightSlot.Of(source(LinearRole.FeedForwardIn), enter, VitInitialisation.Normal),
        .. WeightSlot.Of(source(LinearRole.FeedForwardOut), leave, VitInitialisation.Normal),
    ];

    /// <param name="names">What files call the layer of a role.</param>
    /// <param name="layer">The index of the block.</param>
    public IEnumerable<AdapterSite> Sites(Func<LinearRole, IEnumerable<TensorSource>> names, int layer)
    {
        yield return VitSite.Of(names(LinearRole.FeedForwardIn), LinearRole.FeedForwardIn, layer, this, nameof(enter), () => enter, m => enter = m);
        yield return VitSite.Of(names(LinearRole.FeedForwardOut), LinearRole.FeedForwardOut, layer, this, nameof(leave), () => leave, m => leave = m);
    }
}

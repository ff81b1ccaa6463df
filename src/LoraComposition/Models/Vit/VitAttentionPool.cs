using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition.Models;

/// <summary>Pooling by attention: one learned query looks at all tokens, <c>h = attention(probe, x, x); y = h + feedForward(norm(h))</c> (arXiv:2205.01917).</summary>
internal sealed class VitAttentionPool : Module<Tensor, Tensor>
{
    Parameter probe;
    readonly VitAttention attention;
    readonly LayerNorm norm;
    readonly VitFeedForward feed_forward;

    public VitAttentionPool(VitConfig config, Device device) : base(nameof(VitAttentionPool))
    {
        probe = (Parameter)new Parameter(zeros(1, 1, config.HiddenSize, device: device)).DetachFromDisposeScope();
        // Its biases are there whatever those of the blocks are.
        attention = new VitAttention(config with { QkvBias = true }, device);
        norm = LayerNorm(config.HiddenSize, config.LayerNormEpsilon, device: device);
        feed_forward = new VitFeedForward(config, device);
        RegisterComponents();
    }

    /// <summary>The query, <c>[1, 1, d]</c>.</summary>
    public Parameter Probe => probe;

    public VitAttention Attention => attention;

    public LayerNorm Norm => norm;

    public VitFeedForward FeedForward => feed_forward;

    /// <param name="input"><c>[batch, tokens, d]</c>.</param>
    /// <returns><c>[batch, d]</c>.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var found = attention.Attend(probe.expand(input.shape[0], -1, -1), input);
        return found.Plus(feed_forward.call(norm.call(found))).squeeze(1).MoveToOuterDisposeScope();
    }

    public IEnumerable<WeightSlot> Slots(AttentionPoolLayout layout) =>
    [
        new WeightSlot(layout.Probe, () => probe, p => ConditionallyRegisterParameter(nameof(probe), probe = p), VitInitialisation.Normal),
        .. attention.Slots(role => role switch
        {
            LinearRole.Query => layout.Query,
            LinearRole.Key => layout.Key,
            LinearRole.Value => layout.Value,
            _ => layout.Output,
        }),
        .. WeightSlot.Of(layout.Norm, norm), .. feed_forward.Slots(role => role == LinearRole.FeedForwardIn ? layout.FeedForwardIn : layout.FeedForwardOut),
    ];

    /// <summary>The layers that can be adapted: those that adapters' files have names for, which query, key and value have not.</summary>
    public IEnumerable<AdapterSite> Sites(VitConfig config)
    {
        return attention.Sites(Names, config.LayerCount, [LinearRole.Output]).Concat(feed_forward.Sites(Names, config.LayerCount));

        IEnumerable<TensorSource> Names(LinearRole role) => config.Family.PoolingNames(config, role);
    }
}

using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition.Models;

/// <summary>One transformer block with the norms in front: <c>h = x + attention(norm(x)); y = h + feedForward(norm(h))</c>.</summary>
internal sealed class VitBlock : Module<Tensor, Tensor>
{
    readonly LayerNorm norm_before;
    readonly VitAttention attention;
    readonly LayerNorm norm_after;
    readonly VitFeedForward feed_forward;

    public VitBlock(VitConfig config, Device device) : base(nameof(VitBlock))
    {
        norm_before = LayerNorm(config.HiddenSize, config.LayerNormEpsilon, device: device);
        attention = new VitAttention(config, device);
        norm_after = LayerNorm(config.HiddenSize, config.LayerNormEpsilon, device: device);
        feed_forward = new VitFeedForward(config, device);
        RegisterComponents();
    }

    public LayerNorm NormBefore => norm_before;

    public LayerNorm NormAfter => norm_after;

    /// <param name="input"><c>[batch, tokens, d]</c>.</param>
    /// <returns><c>[batch, tokens, d]</c>.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var attended = input.Plus(attention.call(norm_before.call(input)));
        return attended.Plus(feed_forward.call(norm_after.call(attended))).MoveToOuterDisposeScope();
    }

    /// <summary>The block's output for the class token alone: all that a classifier reads of the last block.</summary>
    /// <param name="input"><c>[batch, tokens, d]</c>.</param>
    /// <returns><c>[batch, 1, d]</c>.</returns>
    public Tensor ForwardClassToken(Tensor input)
    {
        using var scope = NewDisposeScope();
        var normed = norm_before.call(input);
        var attended = input[.., ..1].Plus(attention.Attend(normed[.., ..1], normed));
        return attended.Plus(feed_forward.call(norm_after.call(attended))).MoveToOuterDisposeScope();
    }

    public IEnumerable<WeightSlot> Slots(VitLayout layout, int block) =>
    [
        .. WeightSlot.Of(layout.NormBefore(block), norm_before), .. attention.Slots(layout, block),
        .. WeightSlot.Of(layout.NormAfter(block), norm_after), .. feed_forward.Slots(layout, block),
    ];

    public IEnumerable<AdapterSite> Sites(int layer) => attention.Sites(layer).Concat(feed_forward.Sites(layer));
}

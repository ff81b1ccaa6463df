using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition.Models;

/// <summary>
/// One transformer block with the norms in front: <c>h = x + attention(norm(x)); y = h + feedForward(norm(h))</c>. With layer scale (arXiv:2103.17239) each of
/// the two parts is multiplied with a vector <c>[d]</c> before it is added.
/// </summary>
internal sealed class VitBlock : Module<Tensor, Tensor>
{
    readonly LayerNorm norm_before;
    readonly VitAttention attention;
    readonly LayerNorm norm_after;
    readonly VitFeedForward feed_forward;
    Parameter? attention_scale;
    Parameter? feed_forward_scale;

    public VitBlock(VitConfig config, Device device) : base(nameof(VitBlock))
    {
        norm_before = LayerNorm(config.HiddenSize, config.LayerNormEpsilon, device: device);
        attention = new VitAttention(config, device);
        norm_after = LayerNorm(config.HiddenSize, config.LayerNormEpsilon, device: device);
        feed_forward = new VitFeedForward(config, device);
        if (config.Parts.LayerScale) (attention_scale, feed_forward_scale) = (Scale(config, device), Scale(config, device));
        RegisterComponents();
    }

    public VitAttention Attention => attention;

    public VitFeedForward FeedForward => feed_forward;

    public LayerNorm NormBefore => norm_before;

    public LayerNorm NormAfter => norm_after;

    /// <summary>What the attention is multiplied with, <c>[d]</c>; null for nothing.</summary>
    public Parameter? AttentionScale => attention_scale;

    /// <summary>What the feed-forward part is multiplied with, <c>[d]</c>; null for nothing.</summary>
    public Parameter? FeedForwardScale => feed_forward_scale;

    /// <param name="input"><c>[batch, tokens, d]</c>.</param>
    /// <returns><c>[batch, tokens, d]</c>.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return Finish(input, attention.call(norm_before.call(input))).MoveToOuterDisposeScope();
    }

    /// <summary>The block's output for the first tokens alone, where no others are read of the last block.</summary>
    /// <param name="input"><c>[batch, tokens, d]</c>.</param>
    /// <param name="count">How many tokens.</param>
    /// <returns><c>[batch, count, d]</c>.</returns>
    public Tensor ForwardFirst(Tensor input, int count)
    {
        using var scope = NewDisposeScope();
        var normed = norm_before.call(input);
        return Finish(input[.., ..count], attention.Attend(normed[.., ..count], normed)).MoveToOuterDisposeScope();
    }

    public IEnumerable<WeightSlot> Slots(VitLayout layout, int block)
    {
        IEnumerable<WeightSlot> slots =
        [
            .. WeightSlot.Of(layout.NormBefore(block), norm_before), .. attention.Slots(role => layout.Layer(block, role)),
            .. WeightSlot.Of(layout.NormAfter(block), norm_after), .. feed_forward.Slots(role => layout.Layer(block, role)),
        ];
        return attention_scale is null ? slots :
        [
            .. slots,
            new WeightSlot(layout.AttentionScale(block), () => attention_scale!, p => ConditionallyRegisterParameter(nameof(attention_scale), attention_scale = p), WeightStarts.Ones),
            new WeightSlot(layout.FeedForwardScale(block), () => feed_forward_scale!, p => ConditionallyRegisterParameter(nameof(feed_forward_scale), feed_forward_scale = p), WeightStarts.Ones),
        ];
    }

    public IEnumerable<AdapterSite> Sites(VitConfig config, int layer)
    {
        return attention.Sites(Names, layer).Concat(feed_forward.Sites(Names, layer));

        IEnumerable<TensorSource> Names(LinearRole role) => config.Family.LayerNames(config, layer, role);
    }

    Tensor Finish(Tensor input, Tensor attention)
    {
        var attended = input.Plus(Scaled(attention, attention_scale));
        return attended.Plus(Scaled(feed_forward.call(norm_after.call(attended)), feed_forward_scale));
    }

    static Tensor Scaled(Tensor part, Parameter? scale) => scale is null ? part : part.mul(scale);

    static Parameter Scale(VitConfig config, Device device) => (Parameter)new Parameter(ones(config.HiddenSize, device: device)).DetachFromDisposeScope();
}

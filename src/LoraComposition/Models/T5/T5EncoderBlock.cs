using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition.Models;

/// <summary>One encoder block with the norms in front: <c>h = x + attention(norm(x)); y = h + feedForward(norm(h))</c>.</summary>
internal sealed class T5EncoderBlock : Module<Tensor, Tensor, Tensor>
{
    readonly string path;
    readonly T5RelativePositions? positions;
    readonly T5Norm norm_before;
    readonly T5Attention attention;
    readonly T5Norm norm_after;
    readonly T5FeedForward feed_forward;

    public T5EncoderBlock(T5Config config, int index, Device device) : base(nameof(T5EncoderBlock))
    {
        path = $"encoder.block.{index}.layer.";
        // The first block's table is that of the stack.
        if (index > 0 && config.Variant.HasPositionsInEveryBlock) positions = new T5RelativePositions(config, bidirectional: true, device);
        norm_before = new T5Norm(config, device);
        attention = new T5Attention(config, path + "0.SelfAttention", device);
        norm_after = new T5Norm(config, device);
        feed_forward = new T5FeedForward(config, path + "1.DenseReluDense", device);
        RegisterComponents();
    }

    /// <summary>The block's own table of relative positions; null where it has that of the block before.</summary>
    public T5RelativePositions? Positions => positions;

    /// <param name="input"><c>[batch, tokens, d]</c>.</param>
    /// <param name="bias">The positions and the mask, <c>[1 or batch, heads, tokens, tokens]</c>.</param>
    /// <returns><c>[batch, tokens, d]</c>.</returns>
    public override Tensor forward(Tensor input, Tensor bias)
    {
        using var scope = NewDisposeScope();
        var normed = norm_before.call(input);
        using var together = attention.Sharing(normed);
        var attended = input.Plus(attention.Attend(normed, attention.Project(normed), bias));
        return attended.Plus(feed_forward.call(norm_after.call(attended))).MoveToOuterDisposeScope();
    }

    public IEnumerable<WeightSlot> Slots() =>
    [
        .. positions?.Slots(path) ?? [], norm_before.Slot(path + "0.layer_norm"), .. attention.Slots(), norm_after.Slot(path + "1.layer_norm"),
        .. feed_forward.Slots(),
    ];

    public IEnumerable<AdapterSite> Sites(int layer) => attention.Sites(layer).Concat(feed_forward.Sites(layer));
}

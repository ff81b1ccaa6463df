using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition.Models;

/// <summary>
/// One decoder block with the norms in front: <c>h = x + attention(norm(x)); g = h + crossAttention(norm(h), encoder); y = g + feedForward(norm(g))</c>.
/// </summary>
internal sealed class T5DecoderBlock : Module
{
    readonly string path;
    readonly T5RelativePositions? positions;
    readonly T5Norm norm_before;
    readonly T5Attention attention;
    readonly T5Norm norm_cross;
    readonly T5Attention cross_attention;
    readonly T5Norm norm_after;
    readonly T5FeedForward feed_forward;

    public T5DecoderBlock(T5Config config, int index, Device device) : base(nameof(T5DecoderBlock))
    {
        path = $"decoder.block.{index}.layer.";
        // The first block's table is that of the stack.
        if (index > 0 && config.Variant.HasPositionsInEveryBlock) positions = new T5RelativePositions(config, bidirectional: false, device);
        norm_before = new T5Norm(config, device);
        attention = new T5Attention(config, path + "0.SelfAttention", device);
        norm_cross = new T5Norm(config, device);
        cross_attention = new T5Attention(config, path + "1.EncDecAttention", device);
        norm_after = new T5Norm(config, device);
        feed_forward = new T5FeedForward(config, path + "2.DenseReluDense", device);
        RegisterComponents();
    }

    /// <summary>The block's own table of relative positions; null where it has that of the block before.</summary>
    public T5RelativePositions? Positions => positions;

    /// <summary>What cross-attention reads of the encoder's states; the same for every token that is decoded.</summary>
    /// <param name="encoderStates"><c>[batch, tokens, d]</c>.</param>
    /// <returns>The caller owns it.</returns>
    public KeysValues Cross(Tensor encoderStates) => cross_attention.Project(encoderStates);

    /// <summary>Decodes tokens.</summary>
    /// <param name="input"><c>[batch, asking, d]</c>.</param>
    /// <param name="bias">The positions and the mask of self-attention, <c>[1 or batch, heads, asking, tokens]</c>.</param>
    /// <param name="cross">What cross-attention reads.</param>
    /// <param name="crossBias">The mask of cross-attention, <c>[batch, 1, 1, encoder tokens]</c>; null for none.</param>
    /// <param name="extend">Puts what was decoded before in front of the new keys and values, in the dispose scope of now.</param>
    /// <returns><c>[batch, asking, d]</c>. The caller owns it.</returns>
    public Tensor Decode(Tensor input, Tensor bias, KeysValues cross, Tensor? crossBias, Func<KeysValues, KeysValues>? extend)
    {
        using var scope = NewDisposeScope();
        var normed = norm_before.call(input);
        using var together = attention.Sharing(normed);
        var own = attention.Project(normed);
        var attended = input.Plus(attention.Attend(normed, extend is null ? own : extend(own), bias));
        var crossed = attended.Plus(cross_attention.Attend(norm_cross.call(attended), cross, crossBias));
        return crossed.Plus(feed_forward.call(norm_after.call(crossed))).MoveToOuterDisposeScope();
    }

    public IEnumerable<WeightSlot> Slots() =>
    [
        .. positions?.Slots(path) ?? [], norm_before.Slot(path + "0.layer_norm"), .. attention.Slots(), norm_cross.Slot(path + "1.layer_norm"),
        .. cross_attention.Slots(), norm_after.Slot(path + "2.layer_norm"), .. feed_forward.Slots(),
    ];

    public IEnumerable<AdapterSite> Sites(int layer) => [.. attention.Sites(layer), .. cross_attention.Sites(layer), .. feed_forward.Sites(layer)];
}

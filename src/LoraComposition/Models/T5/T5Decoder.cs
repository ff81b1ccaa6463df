using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition.Models;

/// <summary>The decoder: blocks in which every token sees itself, those before it and the encoder's states, and a last norm.</summary>
internal sealed class T5Decoder : Module
{
    readonly T5RelativePositions positions;
    readonly ModuleList<T5DecoderBlock> blocks;
    readonly T5Norm norm;

    public T5Decoder(T5Config config, Device device) : base(nameof(T5Decoder))
    {
        positions = new T5RelativePositions(config, bidirectional: false, device);
        blocks = new ModuleList<T5DecoderBlock>(Enumerable.Range(0, config.DecoderLayerCount).Select(i => new T5DecoderBlock(config, i, device)).ToArray());
        norm = new T5Norm(config, device);
        RegisterComponents();
    }

    /// <summary>Decodes whole sequences.</summary>
    /// <param name="embedded"><c>[batch, tokens, d]</c>.</param>
    /// <param name="mask"><c>[batch, tokens]</c>, 0 for filling; null where all tokens count.</param>
    /// <param name="encoderStates"><c>[batch, encoder tokens, d]</c>.</param>
    /// <param name="encoderMask"><c>[batch, encoder tokens]</c>, 0 for filling; null where all tokens count.</param>
    /// <returns><c>[batch, tokens, d]</c>. The caller owns it.</returns>
    public Tensor Decode(Tensor embedded, Tensor? mask, Tensor encoderStates, Tensor? encoderMask)
    {
        using var scope = NewDisposeScope();
        long tokens = embedded.shape[1];
        var seen = AttentionMask.Causal(tokens, tokens, embedded.device);
        if (AttentionMask.Counted(mask) is { } counted) seen = seen.logical_and(counted);
        var bias = Bias(positions);
        var crossBias = CrossBias(encoderStates, encoderMask);
        var hidden = embedded;
        foreach (var block in blocks)
        {
            if (block.Positions is { } own) bias = Bias(own);
            hidden = block.Decode(hidden, bias, block.Cross(encoderStates), crossBias, extend: null);
        }
        return norm.call(hidden).MoveToOuterDisposeScope();

        Tensor Bias(T5RelativePositions table) => AttentionMask.Hide(table.Bias(tokens, tokens), seen);
    }

    /// <summary>Decodes the next tokens of sequences and keeps their keys and values.</summary>
    /// <param name="embedded"><c>[batch, asking, d]</c>.</param>
    /// <param name="cache">What was kept so far; it is extended.</param>
    /// <returns><c>[batch, asking, d]</c>. The caller owns it.</returns>
    public Tensor Decode(Tensor embedded, DecoderCache cache)
    {
        using var scope = NewDisposeScope();
        long asking = embedded.shape[1], tokens = cache.Length + asking;
        // One token that is the last sees all.
        var seen = asking > 1 ? AttentionMask.Causal(asking, tokens, embedded.device) : null;
        var bias = Bias(positions);
        var hidden = embedded;
        for (int i = 0; i < blocks.Count; i++)
        {
            if (blocks[i].Positions is { } own) bias = Bias(own);
            var layer = cache.Layers[i];
            hidden = blocks[i].Decode(hidden, bias, layer.Cross, cache.CrossBias, layer.Extend);
        }
        cache.Length = tokens;
        return norm.call(hidden).MoveToOuterDisposeScope();

        Tensor Bias(T5RelativePositions table) => AttentionMask.Hide(table.Bias(asking, tokens, tokens - asking), seen);
    }

    /// <summary>A cache that holds what cross-attention reads, and no decoded token yet.</summary>
    /// <returns>The caller owns it.</returns>
    public DecoderCache NewCache(Tensor encoderStates, Tensor? encoderMask)
    {
        using var scope = NewDisposeScope();
        var layers = blocks.Select(block => new CachedLayer(block.Cross(encoderStates).Select(tensor => tensor.DetachFromDisposeScope()))).ToArray();
        return new DecoderCache(encoderStates.shape[0], layers, CrossBias(encoderStates, encoderMask)?.DetachFromDisposeScope());
    }

    public IEnumerable<WeightSlot> Slots() =>
        [.. positions.Slots("decoder.block.0.layer."), .. blocks.SelectMany(block => block.Slots()),
            norm.Slot("decoder.final_layer_norm")];

    public IEnumerable<AdapterSite> Sites(int firstLayer) => blocks.SelectMany((block, i) => block.Sites(firstLayer + i));

    static Tensor? CrossBias(Tensor encoderStates, Tensor? encoderMask) => AttentionMask.Counted(encoderMask) is not { } counted ? null
        : AttentionMask.Hide(zeros(1, dtype: encoderStates.dtype, device: encoderStates.device), counted);
}

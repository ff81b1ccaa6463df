using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition.Models;

/// <summary>The encoder: blocks in which every token sees all others, and a last norm.</summary>
internal sealed class T5Encoder : Module<Tensor, Tensor?, Tensor>
{
    readonly T5RelativePositions positions;
    readonly ModuleList<T5EncoderBlock> blocks;
    readonly T5Norm norm;

    public T5Encoder(T5Config config, Device device) : base(nameof(T5Encoder))
    {
        positions = new T5RelativePositions(config, bidirectional: true, device);
        blocks = new ModuleList<T5EncoderBlock>(Enumerable.Range(0, config.EncoderLayerCount).Select(i => new T5EncoderBlock(config, i, device)).ToArray());
        norm = new T5Norm(config, device);
        RegisterComponents();
    }

    /// <param name="embedded"><c>[batch, tokens, d]</c>.</param>
    /// <param name="mask"><c>[batch, tokens]</c>, 0 for filling; null where all tokens count.</param>
    /// <returns><c>[batch, tokens, d]</c>.</returns>
    public override Tensor forward(Tensor embedded, Tensor? mask)
    {
        using var scope = NewDisposeScope();
        long tokens = embedded.shape[1];
        var seen = AttentionMask.Counted(mask);
        var bias = Bias(positions);
        var hidden = embedded;
        foreach (var block in blocks)
        {
            if (block.Positions is { } own) bias = Bias(own);
            hidden = block.call(hidden, bias);
        }
        return norm.call(hidden).MoveToOuterDisposeScope();

        Tensor Bias(T5RelativePositions table) => AttentionMask.Hide(table.Bias(tokens, tokens), seen);
    }

    public IEnumerable<WeightSlot> Slots() =>
        [.. positions.Slots("encoder.block.0.layer."), .. blocks.SelectMany(block => block.Slots()),
            norm.Slot("encoder.final_layer_norm")];

    public IEnumerable<AdapterSite> Sites() => blocks.SelectMany((block, i) => block.Sites(i));
}

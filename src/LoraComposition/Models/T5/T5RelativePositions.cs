using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition.Models;

/// <summary>
/// What self-attention adds to its scores for the distance of two tokens: one number for each head and bucket of distances. Near distances have a bucket
/// each, farther ones share buckets that grow with the logarithm. The first block's table serves all blocks of the encoder, or of the
/// decoder, unless each has one (<see cref="T5Variant.HasPositionsInEveryBlock"/>).
/// </summary>
internal sealed class T5RelativePositions : Module
{
    readonly int bucketCount;
    readonly int maxDistance;
    readonly bool bidirectional;
    readonly WeightStart start;
    Parameter weight;

    /// <param name="config">The shape.</param>
    /// <param name="bidirectional">Whether tokens behind are told apart from tokens in front: the encoder's way. A decoder sees none behind.</param>
    /// <param name="device">Where the table lies.</param>
    public T5RelativePositions(T5Config config, bool bidirectional, Device device) : base(nameof(T5RelativePositions))
    {
        (bucketCount, maxDistance, this.bidirectional, start) = (config.RelativeBucketCount, config.RelativeMaxDistance, bidirectional,
            T5Initialisation.FromHidden(config));
        weight = (Parameter)new Parameter(zeros(bucketCount, config.HeadCount, device: device)).DetachFromDisposeScope();
        RegisterComponents();
    }

    /// <summary>The bias of the scores.</summary>
    /// <param name="asking">The number of tokens that ask.</param>
    /// <param name="tokens">The number of tokens that are asked, from position 0 on.</param>
    /// <param name="offset">The position of the first token that asks.</param>
    /// <returns><c>[1, heads, asking, tokens]</c>. The caller owns it.</returns>
    public Tensor Bias(long asking, long tokens, long offset = 0)
    {
        using var scope = NewDisposeScope();
        var buckets = Buckets(asking, tokens, offset);
        // [heads, buckets] → [heads, asking · tokens]
        return weight.t().index_select(1, buckets.flatten()).view(1, -1, asking, tokens).MoveToOuterDisposeScope();
    }

    /// <summary>The bucket of each pair of tokens, <c>[asking, tokens]</c>. The caller owns it.</summary>
    internal Tensor Buckets(long asking, long tokens, long offset)
    {
        using var scope = NewDisposeScope();
        var device = weight.device;
        using Scalar stop = tokens, first = offset, end = offset + asking;
        var asked = arange(HeldScalars.Zero, stop, HeldScalars.One, ScalarType.Int64, device).unsqueeze(0);
        var relative = asked.sub(arange(first, end, HeldScalars.One, ScalarType.Int64, device).unsqueeze(1));
        var distance = bidirectional ? relative.abs() : relative.neg().clamp_min(HeldScalars.Zero);
        int directed = bidirectional ? bucketCount / 2 : bucketCount;
        using Scalar count = directed, near = directed / 2, growing = directed - directed / 2, last = directed - 1;
        using Scalar range = Math.Log((double)maxDistance / (directed / 2));
        // In float32 and in this order, as the original: at powers of two another rounding gives another bucket.
        var growth = distance.clamp_min(near).to(ScalarType.Float32).div(near).log().div(range).mul(growing);
        var far = growth.to(ScalarType.Int64).add(near, HeldScalars.One).clamp_max(last);
        var bucket = where(distance.lt(near), distance, far);
        return (bidirectional ? bucket.Plus(relative.gt(HeldScalars.Zero).to(ScalarType.Int64).mul(count)) : bucket).MoveToOuterDisposeScope();
    }

    /// <param name="block">The name of the block whose table it is.</param>
    public IEnumerable<WeightSlot> Slots(string block) => [new(new TensorSource(block + "0.SelfAttention.relative_attention_bias").Weight, () => weight, p => ConditionallyRegisterParameter(nameof(weight), weight = p), start)];
}

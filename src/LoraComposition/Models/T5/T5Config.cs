namespace LoraComposition.Models;

/// <summary>The shape of a T5 (arXiv:1910.10683), with the defaults of T5 1.0 small. <see cref="Of"/> gives those of another member of the family.</summary>
public sealed record T5Config
{
    const int MostLayers = 1024;
    const long LargestTensor = 1L << 40;

    /// <summary>Which member of the family it is. Default: T5 itself.</summary>
    public T5Family Family { get; init; }

    /// <summary>The number of tokens that have an embedding.</summary>
    public int VocabularySize { get; init; } = 32128;

    /// <summary>The width of the hidden states, d.</summary>
    public int HiddenSize { get; init; } = 512;

    /// <summary>The number of encoder blocks.</summary>
    public int EncoderLayerCount { get; init; } = 6;

    /// <summary>The number of decoder blocks.</summary>
    public int DecoderLayerCount { get; init; } = 6;

    /// <summary>The number of attention heads.</summary>
    public int HeadCount { get; init; } = 8;

    /// <summary>The width of one head's keys and values. It need not be the width divided by the heads.</summary>
    public int KeyValueSize { get; init; } = 64;

    /// <summary>The width of the feed-forward part.</summary>
    public int IntermediateSize { get; init; } = 2048;

    /// <summary>What the feed-forward part computes. Default: that of T5 1.0.</summary>
    public T5FeedForwardKind FeedForward { get; init; } = T5FeedForwardKind.Relu;

    /// <summary>The number of relative positions that attention tells apart.</summary>
    public int RelativeBucketCount { get; init; } = 32;

    /// <summary>The distance in tokens from which all positions are one.</summary>
    public int RelativeMaxDistance { get; init; } = 128;

    /// <summary>The ε of RMS normalisation.</summary>
    public double LayerNormEpsilon { get; init; } = 1e-6;

    /// <summary>Whether the head is the embedding. Default true, as T5 1.0; T5 1.1 and Flan-T5 have a head of their own.</summary>
    public bool TiedHead { get; init; } = true;

    /// <summary>Whether the decoder's states are multiplied with <c>d^-½</c> in front of the head. Default true, as T5 1.0; T5 1.1 and Flan-T5 do not.</summary>
    public bool ScaledHead { get; init; } = true;

    /// <summary>The token that fills short texts up.</summary>
    public int PadTokenId { get; init; }

    /// <summary>The token that ends a text.</summary>
    public int EndTokenId { get; init; } = 1;

    /// <summary>The token with which the decoder starts.</summary>
    public int DecoderStartTokenId { get; init; }

    /// <summary>The width of all heads' queries together; keys and values have the same.</summary>
    internal int AttentionSize => HeadCount * KeyValueSize;

    /// <summary>What sets its member of the family apart.</summary>
    internal T5Variant Variant => T5Variant.Of(Family);

    /// <summary>The small model of a member of the family, with the defaults of transformers: of mT5 and UMT5 those of arXiv:2010.11934.</summary>
    /// <param name="family">The member.</param>
    /// <returns>Its shape.</returns>
    /// <exception cref="ArgumentException">There is no such member.</exception>
    public static T5Config Of(T5Family family) => Enum.IsDefined(family) ? T5Variant.Of(family).Defaults : throw new ArgumentException($"{family} is no member of T5's family.", nameof(family));

    /// <summary>Checks that the sizes fit each other.</summary>
    /// <exception cref="ArgumentException">A size is not positive, too large, or does not fit another, or the family has no such member.</exception>
    public void Validate()
    {
        Of(Family);
        foreach (var (name, value) in new[] { ("vocab_size", VocabularySize), ("d_model", HiddenSize), ("num_layers", EncoderLayerCount),
            ("num_decoder_layers", DecoderLayerCount), ("num_heads", HeadCount), ("d_kv", KeyValueSize), ("d_ff", IntermediateSize) })
            if (value < 1) throw new ArgumentException($"{name} is {value}; it must be at least 1.");
        foreach (var (name, value) in new[] { ("num_layers", EncoderLayerCount), ("num_decoder_layers", DecoderLayerCount) })
            if (value > MostLayers) throw new ArgumentException($"{name} is {value}; it can be at most {MostLayers}.");
        // Shapes of this size fit no memory, and torch's own arithmetic would overflow; the products are taken as doubles because they may.
        double attention = 1.0 * HeadCount * KeyValueSize, widest = Math.Max(Math.Max(VocabularySize, IntermediateSize), attention);
        if (attention >= int.MaxValue || widest * HiddenSize > LargestTensor || 1.0 * RelativeBucketCount * HeadCount > LargestTensor)
            throw new ArgumentException($"vocab_size {VocabularySize}, d_model {HiddenSize}, d_ff {IntermediateSize}, num_heads {HeadCount}, d_kv {KeyValueSize} and relative_attention_num_buckets {RelativeBucketCount} ask for a tensor of more than {LargestTensor} numbers.");
        // The encoder spends half of the buckets on each direction and half of those on near positions.
        if (RelativeBucketCount < 4) throw new ArgumentException($"relative_attention_num_buckets is {RelativeBucketCount}; it must be at least 4.");
        if (RelativeMaxDistance <= RelativeBucketCount / 2)
            throw new ArgumentException($"relative_attention_max_distance {RelativeMaxDistance} must be more than half of relative_attention_num_buckets {RelativeBucketCount}.");
        if (!(LayerNormEpsilon > 0 && double.IsFinite(LayerNormEpsilon)))
            throw new ArgumentException($"layer_norm_epsilon is {LayerNormEpsilon}; it must be positive.");
        foreach (var (name, id) in new[] { ("pad_token_id", PadTokenId), ("eos_token_id", EndTokenId), ("decoder_start_token_id", DecoderStartTokenId) })
            if (id < 0 || id >= VocabularySize) throw new ArgumentException($"{name} is {id}; it must lie in 0 … {VocabularySize - 1}, the vocabulary.");
    }
}

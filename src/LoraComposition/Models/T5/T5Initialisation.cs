using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>The random start of a T5's weights, as in transformers: it is set so that scores without a scale begin with a deviation of about 1.</summary>
internal static class T5Initialisation
{
    /// <summary>The table of the tokens, and a head of its own: deviation 1.</summary>
    public static WeightStart Tokens { get; } = (shape, generator) => randn(shape, generator: generator);

    /// <summary>A layer that reads the model's width, and the positions: deviation 1/√d.</summary>
    public static WeightStart FromHidden(T5Config config) => Normal(config.HiddenSize);

    /// <summary>The queries take the scale that the scores do without.</summary>
    public static WeightStart Query(T5Config config) => Normal((double)config.HiddenSize * config.KeyValueSize);

    /// <summary>The layer that leaves attention.</summary>
    public static WeightStart FromAttention(T5Config config) => Normal(config.AttentionSize);

    /// <summary>The layer that leaves the feed-forward part.</summary>
    public static WeightStart FromIntermediate(T5Config config) => Normal(config.IntermediateSize);

    static WeightStart Normal(double width) => (shape, generator) => randn(shape, generator: generator).mul_(Math.Pow(width, -0.5));
}

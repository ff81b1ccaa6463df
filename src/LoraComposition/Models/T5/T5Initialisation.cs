using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>The random start of a T5's weights, as in transformers: it is set so that scores without a scale begin with a deviation of about 1.</summary>
internal static class T5Initialisation
{
    /// <summary>The start of one parameter. Drawn on the CPU so that it is the same on every device.</summary>
    /// <param name="name">The name of the tensor in a checkpoint.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="config">The shape of the model.</param>
    /// <param name="generator">Where the numbers come from.</param>
    /// <returns>The caller owns it.</returns>
    public static Tensor Start(string name, long[] shape, T5Config config, Generator generator)
    {
        double d = config.HiddenSize;
        // …, the layer, "weight"
        double? deviation = name.Split('.')[^2] switch
        {
            "layer_norm" or "final_layer_norm" => null,
            "shared" or "lm_head" => 1,
            "q" => Math.Pow(d * config.KeyValueSize, -0.5),
            "o" => Math.Pow(config.AttentionSize, -0.5),
            "wo" => Math.Pow(config.IntermediateSize, -0.5),
            "k" or "v" or "wi" or "wi_0" or "wi_1" or "relative_attention_bias" => Math.Pow(d, -0.5),
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, "A T5 has no such parameter."),
        };
        return deviation is { } factor ? randn(shape, generator: generator).mul_(factor) : ones(shape);
    }
}

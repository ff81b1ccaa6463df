using LoraComposition.FewShot;
using LoraComposition.Models;

namespace PretrainBaseModel.Text;

sealed record TextPretrainingSettings
{
    /// <summary>How many sets of questions are drawn, each with a seed of its own: what a small task can ask comes again with its options in other orders.</summary>
    public int Draws { get; init; }

    /// <summary>The questions of each task in a draw.</summary>
    public int PerTask { get; init; }

    public int Seed { get; init; }
    public int BatchSize { get; init; } = 32;
    public double LearningRate { get; init; } = 1e-3;
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>The longest question has 23 tokens; every answer is one word and the end token.</summary>
    public TextLengths Lengths { get; init; } = new() { Input = 64, Answer = 4 };

    /// <summary>A small Flan-T5; the vocabulary's size comes from its words.</summary>
    public T5Config Shape { get; init; } = new()
    {
        HiddenSize = 128,
        EncoderLayerCount = 2,
        DecoderLayerCount = 2,
        HeadCount = 4,
        KeyValueSize = 32,
        IntermediateSize = 256,
        FeedForward = T5FeedForwardKind.GatedGelu,
        TiedHead = false,
        ScaledHead = false,
    };
}

using LoraComposition.Models;
using LoraComposition.Text;

namespace PretrainBaseModel.Text;

/// <summary>A small T5 over a vocabulary from outside that has learned nothing. Where no trained model is at hand, it shows that an experiment works on real texts; its answers are chance.</summary>
static class RandomTextModel
{
    const int HeadWidth = 16;

    /// <summary>Writes the model and the tokenizer's files.</summary>
    /// <param name="vocabulary">A folder that holds <c>spiece.model</c>.</param>
    /// <param name="width">The width of the hidden states, a multiple of 16.</param>
    /// <param name="seed">The seed of the weights.</param>
    /// <param name="folder">The folder to write; it is created where it is missing.</param>
    /// <returns>The number of weights.</returns>
    public static long Write(string vocabulary, int width, int seed, string folder)
    {
        using var model = T5Model.Create(Shape(width) with { VocabularySize = T5Tokenizer.Load(vocabulary).VocabularySize }, seed);
        model.Save(folder, new CheckpointSaveOptions { CompanionsFrom = vocabulary });
        return model.parameters().Sum(parameter => parameter.numel());
    }

    /// <summary>As Flan-T5 is built, with two layers on each side.</summary>
    static T5Config Shape(int width) => new()
    {
        HiddenSize = width,
        EncoderLayerCount = 2,
        DecoderLayerCount = 2,
        HeadCount = width / HeadWidth,
        KeyValueSize = HeadWidth,
        IntermediateSize = 2 * width,
        FeedForward = T5FeedForwardKind.GatedGelu,
        TiedHead = false,
        ScaledHead = false,
    };
}

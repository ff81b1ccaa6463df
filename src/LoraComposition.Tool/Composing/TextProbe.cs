using LoraComposition.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tool;

/// <summary>Random tokens to read and to predict. The outputs are the logits of each next token: <c>[4, 8, vocabulary]</c>.</summary>
sealed class TextProbe(T5Model model, Generator generator) : Probe
{
    const int Read = 16, Predicted = 8;

    readonly Tensor ids = Tokens(model, Read, generator);
    readonly Tensor labels = Tokens(model, Predicted, generator);

    public override void Dispose()
    {
        ids.Dispose();
        labels.Dispose();
    }

    protected override Tensor Compute()
    {
        using var decoderIds = model.ShiftRight(labels);
        return model.call(ids, null, decoderIds);
    }

    static Tensor Tokens(T5Model model, int count, Generator generator) => randint(0, model.Config.VocabularySize, [Samples, count], dtype: ScalarType.Int64, generator: generator);
}

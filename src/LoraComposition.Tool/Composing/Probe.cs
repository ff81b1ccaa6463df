using System.Diagnostics;
using LoraComposition.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tool;

/// <summary>Seeded random inputs for a model, to compare what two states of it compute. Models of one shape get the same. Does not own the model.</summary>
abstract class Probe : IDisposable
{
    protected const int Samples = 4;

    private protected Probe()
    {
    }

    /// <summary>The inputs that a model of its family reads.</summary>
    public static Probe For(IBaseModel model)
    {
        using var generator = new Generator(0, CPU);
        return model switch
        {
            VisionTransformer vit => new ImageProbe(vit, generator),
            T5Model t5 => new TextProbe(t5, generator),
            _ => throw new UnreachableException($"No probe is made for a {model.GetType().Name}."),
        };
    }

    /// <summary>What the model computes now. The caller owns it.</summary>
    public Tensor Run()
    {
        using var noGrad = no_grad();
        return Compute();
    }

    public abstract void Dispose();

    protected abstract Tensor Compute();
}

/// <summary>Random pixels. The outputs are logits, or the features of a model without a head: <c>[4, classes or d]</c>.</summary>
sealed class ImageProbe(VisionTransformer model, Generator generator) : Probe
{
    readonly Tensor pixels = randn([Samples, model.Config.ChannelCount, model.Config.ImageSize, model.Config.ImageSize], generator: generator);

    public override void Dispose() => pixels.Dispose();

    protected override Tensor Compute() => model.Classifier is null ? model.Features(pixels) : model.call(pixels);
}

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

    static Tensor Tokens(T5Model model, int count, Generator generator) =>
        randint(0, model.Config.VocabularySize, [Samples, count], dtype: ScalarType.Int64, generator: generator);
}

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

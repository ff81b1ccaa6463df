using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Tests.Training;

/// <summary>32 samples of a linear map with noise, and the parameter that is to find it.</summary>
internal sealed class LeastSquares : IDisposable
{
    readonly Tensor inputs, targets;

    public LeastSquares(ScalarType type = ScalarType.Float32)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(7, CPU);
        inputs = randn(32, 4, generator: generator).DetachFromDisposeScope();
        var truth = randn(4, 2, generator: generator);
        targets = inputs.matmul(truth).add(randn(32, 2, generator: generator), alpha: 0.1).DetachFromDisposeScope();
        Weight = (Parameter)new Parameter(zeros(4, 2, dtype: type)).DetachFromDisposeScope();
    }

    public Parameter Weight { get; }

    public static int[] Samples { get; } = [.. Enumerable.Range(0, 32)];

    public TrainableGroup Group(double rate = 0.1) => new([Weight], rate);

    public Tensor Loss(int[] batch)
    {
        var chosen = tensor(batch.Select(i => (long)i).ToArray());
        return inputs.index_select(0, chosen).matmul(Weight.to(ScalarType.Float32)).sub(targets.index_select(0, chosen)).square().mean();
    }

    public double LossOfAll()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        return Loss(Samples).item<float>();
    }

    public void Dispose()
    {
        inputs.Dispose();
        targets.Dispose();
        Weight.Dispose();
    }
}

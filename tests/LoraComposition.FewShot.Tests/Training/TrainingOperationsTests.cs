using LoraComposition.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Tests.Training;

/// <summary>A step over many small parameters takes no more operations than over few.</summary>
[Collection(nameof(TrainingStepTests))]
public sealed class TrainingOperationsTests : IDisposable
{
    readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Fact]
    public void Clipping_and_AdamW_take_all_small_parameters_at_once()
    {
        Assert.SkipUnless(OperationCounts.IsSupported, "Operations are counted on 64-bit Linux.");

        Count(72).Should().Be(Count(8));
    }

    // The loss has operations for each parameter, so it is counted for itself and taken off.
    static int Count(int parameters)
    {
        Parameter[] trained = [.. Enumerable.Range(0, parameters).Select(_ => new Parameter(ones(4, 3)))];
        Tensor Loss() => cat([.. trained.Select(p => p.view(-1))]).square().sum();
        using var step = new TrainingStep([new TrainableGroup(trained, 0.1, 0.1)], clipNorm: 1);
        step.Run(1, Loss);
        int whole, loss;
        using (var counts = new OperationCounts())
        {
            step.Run(1, Loss);
            whole = counts.Kernels;
        }
        using (var counts = new OperationCounts())
        {
            Loss().backward();
            loss = counts.Kernels;
        }
        return whole - loss;
    }
}

using LoraComposition.FewShot.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Tests.Training;

public sealed class TrainerMemoryTests
{
    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void DoesNotGrowWithTheSteps(ScalarType type)
    {
        using var problem = new LeastSquares(type);
        long before = Live;
        var alive = new List<long>();
        ValidationScore Validate() => new(0.5, problem.LossOfAll());

        Trainer.Train([problem.Group(0.01)], LeastSquares.Samples, problem.Loss, Validate, new TrainingOptions { Steps = 500, BatchSize = 8, Checks = 20, Patience = 20 }, 0, progress: new StepAction(() => alive.Add(Live)));

        alive.Skip(10).Distinct().Should().ContainSingle("every step frees what it made");
        Live.Should().Be(before, "nothing is left when the training is over");
    }

    static long Live => DisposeScopeManager.Statistics.ThreadTotalLiveCount;
}

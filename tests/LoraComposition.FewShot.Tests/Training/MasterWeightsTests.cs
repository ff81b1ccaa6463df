using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Tests.Training;

public sealed class MasterWeightsTests
{
    static readonly TrainingOptions Options = new() { Steps = 40, BatchSize = 1, WarmUpFraction = 0, Criterion = StoppingCriterion.Accuracy };

    [Fact]
    public void SixteenBitsTakeStepsSmallerThanTheirSpacing()
    {
        // Near 1 the neighbours of a bfloat16 lie 1/256 and 1/128 away.
        const double rate = 1e-3;
        using var alone = new Parameter(ones(1, dtype: ScalarType.BFloat16));
        using (var optimizer = optim.AdamW([alone], rate, weight_decay: 0))
        {
            for (int i = 0; i < Options.Steps; i++)
            {
                using var scope = NewDisposeScope();
                alone.sum().backward();
                optimizer.step();
                optimizer.zero_grad();
            }
        }
        Value(alone).Should().Be(1, "else this test shows nothing");

        using var trained = new Parameter(ones(1, dtype: ScalarType.BFloat16));
        Trainer.Train([new TrainableGroup([trained], rate)], [0], _ => trained.sum(), null, Options, 0);

        double moved = Enumerable.Range(0, 40).Sum(step => rate * LearningRateSchedule.Factor(step, 40, 0));
        Value(trained).Should().BeApproximately((float)(1 - moved), 1f / 512);
        trained.dtype.Should().Be(ScalarType.BFloat16);
    }

    [Fact]
    public void TheBestStateReachesTheModel()
    {
        using var trained = new Parameter(ones(1, dtype: ScalarType.BFloat16));
        var seen = new List<float>();

        Trainer.Train([new TrainableGroup([trained], 0.1)], [0], _ => trained.sum(), () =>
        {
            seen.Add(Value(trained));
            return new ValidationScore(seen.Count == 3 ? 1 : 0, 1);
        }, Options with { Checks = 5, Patience = 5 }, 0);

        seen.Should().OnlyHaveUniqueItems();
        Value(trained).Should().Be(seen[2]);
    }

    [Fact]
    public void WiderTypesPassThrough()
    {
        using var single = new Parameter(ones(1));
        using var half = new Parameter(ones(1, dtype: ScalarType.Float16));
        using var masters = new MasterWeights();

        var optimised = masters.For([single, half]);

        optimised[0].Should().BeSameAs(single);
        optimised[1].dtype.Should().Be(ScalarType.Float32);
    }

    static float Value(Tensor tensor)
    {
        using var wide = tensor.detach().to(ScalarType.Float32);
        return wide.item<float>();
    }
}

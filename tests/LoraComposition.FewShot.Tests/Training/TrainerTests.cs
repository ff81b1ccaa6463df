using LoraComposition.FewShot.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Tests.Training;

public sealed class TrainerTests : IDisposable
{
    static readonly TrainingOptions Options = new() { Steps = 100, BatchSize = 8, Checks = 5, Patience = 3, Criterion = StoppingCriterion.Accuracy };
    readonly LeastSquares problem = new();

    public void Dispose() => problem.Dispose();

    [Fact]
    public void LowersTheLoss()
    {
        double before = problem.LossOfAll();

        var outcome = Train(Options);

        problem.LossOfAll().Should().BeLessThan(before / 20);
        (outcome.Steps, outcome.BestStep, outcome.Validation, outcome.StoppedEarly).Should().Be((100, 100, (ValidationScore?)null, false));
    }

    [Fact]
    public void TheSeedDecidesEveryBit()
    {
        byte[] Trained(int seed)
        {
            using var fresh = new LeastSquares();
            Trainer.Train([fresh.Group()], LeastSquares.Samples, fresh.Loss, null, Options, seed);
            return Snapshot.Of(fresh.Weight);
        }

        byte[] first = Trained(3);

        Trained(3).Should().Equal(first);
        Trained(4).Should().NotEqual(first);
    }

    [Fact]
    public void PassesOverEverySampleInEachEpoch()
    {
        var batches = new List<int[]>();

        Train(Options with { Steps = null, Epochs = 2, BatchSize = 12 }, loss: batch =>
        {
            batches.Add(batch);
            return problem.Loss(batch);
        });

        batches.Select(b => b.Length).Should().Equal(12, 12, 8, 12, 12, 8);
        batches[..3].SelectMany(b => b).Should().BeEquivalentTo(LeastSquares.Samples);
        batches[3..].SelectMany(b => b).Should().BeEquivalentTo(LeastSquares.Samples);
        batches[3].Should().NotEqual(batches[0]);
    }

    [Fact]
    public void PutsTheBestStateBack()
    {
        var states = new List<byte[]>();
        ValidationScore Validate()
        {
            states.Add(Snapshot.Of(problem.Weight));
            // The second check, after step 40, is the best; before the first step it is worst.
            return new ValidationScore(states.Count switch { 1 => 0, 2 => 0.5, 3 => 0.9, _ => 0.6 }, 1);
        }

        var outcome = Train(Options with { Patience = 5 }, Validate);

        states.Should().HaveCount(6).And.OnlyHaveUniqueItems(s => Convert.ToHexString(s));
        Snapshot.Of(problem.Weight).Should().Equal(states[2]);
        (outcome.Steps, outcome.BestStep, outcome.Validation, outcome.StoppedEarly).Should().Be((100, 40, (ValidationScore?)new ValidationScore(0.9, 1), false));
    }

    [Fact]
    public void KeepsTheStartWhereTrainingOnlyHarms()
    {
        int checks = 0;

        var outcome = Train(Options, () => new ValidationScore(1.0 / ++checks, 1));

        outcome.BestStep.Should().Be(0);
        problem.Weight.data<float>().ToArray().Should().OnlyContain(x => x == 0);
    }

    [Fact]
    public void StopsWhereTheScoreNoLongerRises()
    {
        int checks = 0;

        var outcome = Train(Options with { Checks = 10, Patience = 3 }, () => new ValidationScore(++checks == 3 ? 0.9 : 0.1, 1));

        // Checks 0 and 10 do not count: the best is after step 20, and the three after it are no better.
        (outcome.Steps, outcome.BestStep, outcome.Validation, outcome.StoppedEarly).Should().Be((50, 20, (ValidationScore?)new ValidationScore(0.9, 1), true));
        checks.Should().Be(6);
    }

    [Fact]
    public void DoesNotCallTheLastStepEarly()
    {
        int checks = 0;

        var outcome = Train(Options with { Checks = 4, Patience = 4 }, () => new ValidationScore(++checks == 1 ? 0.9 : 0.1, 1));

        (outcome.Steps, outcome.StoppedEarly).Should().Be((100, false));
    }

    [Theory]
    [InlineData(100, 5, new[] { 0, 20, 40, 60, 80, 100 })]
    [InlineData(10, 4, new[] { 0, 3, 5, 8, 10 })]
    [InlineData(3, 10, new[] { 0, 1, 2, 3 })]
    [InlineData(7, 1, new[] { 0, 7 })]
    public void ChecksAreSpreadEvenly(int steps, int checks, int[] expected)
    {
        int step = 0;
        var checkedAt = new List<int>();

        Train(Options with { Steps = steps, Checks = checks, Patience = 100 }, () =>
        {
            checkedAt.Add(step);
            return new ValidationScore(0.5, 1);
        }, stepDone: () => step++);

        checkedAt.Should().Equal(expected);
    }

    [Fact]
    public void ValidatesWithoutGradientsAndWithoutKeepingTensors()
    {
        var seen = new List<Tensor>();

        Train(Options with { Steps = 2, Checks = 1 }, () =>
        {
            is_grad_enabled().Should().BeFalse();
            seen.Add(ones(1));
            return new ValidationScore(0.5, 1);
        });

        seen.Should().HaveCount(2).And.OnlyContain(t => t.IsInvalid);
        is_grad_enabled().Should().BeTrue();
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void ReportsDivergence(float value)
    {
        int step = 0;
        Tensor Loss(int[] batch) => step < 39 ? problem.Loss(batch) : problem.Loss(batch).mul(value);

        FluentActions.Invoking(() => Train(Options, loss: Loss, stepDone: () => step++)).Should().Throw<TrainingDivergedException>().WithMessage("*at step 40; lower the learning rate.");
    }

    [Fact]
    public void StopsBetweenTwoSteps()
    {
        using var source = new CancellationTokenSource();
        int step = 0;

        FluentActions.Invoking(() => Train(Options, stepDone: () =>
        {
            if (++step == 3) source.Cancel();
        }, cancellation: source.Token)).Should().Throw<OperationCanceledException>();

        step.Should().Be(3);
    }

    [Fact]
    public void EachGroupHasItsOwnRate()
    {
        using var slow = new Parameter(zeros(4, 2));
        Tensor Loss(int[] batch) => problem.Loss(batch).add(slow.sub(1).square().sum());

        Trainer.Train([problem.Group(0.1), new TrainableGroup([slow], 1e-5)], LeastSquares.Samples, Loss, null, Options, 0);

        // Adam moves each number by about the learning rate in every step.
        slow.abs().max().item<float>().Should().BeInRange(1e-4f, 1.1e-3f);
        problem.Weight.abs().max().item<float>().Should().BeGreaterThan(0.5f);
    }

    [Fact]
    public void WeightDecayIsTheGroupsOwn()
    {
        using var decaying = new Parameter(ones(1));
        using var free = new Parameter(ones(1));
        Tensor Loss(int[] batch) => decaying.mul(0).add(free.mul(0)).sum();

        Trainer.Train([new TrainableGroup([decaying], 0.1, 0.5), new TrainableGroup([free], 0.1)], LeastSquares.Samples, Loss, null, Options with { Steps = 10 }, 0);

        free.item<float>().Should().Be(1);
        double expected = Enumerable.Range(0, 10).Aggregate(1.0, (value, step) => value * (1 - 0.05 * LearningRateSchedule.Factor(step, 10, 0.1)));
        decaying.item<float>().Should().BeApproximately((float)expected, 1e-5f);
    }

    [Fact]
    public void ClipsTheGradientOfEachGroup()
    {
        using var first = new Parameter(zeros(1));
        using var second = new Parameter(zeros(1));
        // Adam forgets the gradient's size but for its ε: only a gradient clipped to about ε moves less than the rate.
        Trainer.Train([new TrainableGroup([first], 1), new TrainableGroup([second], 1)], [0], _ => first.add(second).sum(), null, new TrainingOptions { Steps = 1, WarmUpFraction = 0, ClipNorm = 1e-8 }, 0);

        first.item<float>().Should().BeApproximately(-0.5f, 0.01f, "a head's large gradient must not shrink the composition's");
        second.item<float>().Should().Be(first.item<float>());
    }

    [Fact]
    public void RefusesWrongSettings() =>
        FluentActions.Invoking(() => Train(Options with { Steps = 0 })).Should().Throw<ArgumentException>();

    TrainingOutcome Train(TrainingOptions options, Func<ValidationScore>? validate = null, Func<int[], Tensor>? loss = null, Action? stepDone = null, CancellationToken cancellation = default) =>
        Trainer.Train([problem.Group()], LeastSquares.Samples, loss ?? problem.Loss, validate, options, 0, progress: new StepAction(stepDone), cancellation: cancellation);
}

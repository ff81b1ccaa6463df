namespace LoraComposition.FewShot.Tests.Methods;

public sealed class TuningOptionsTests
{
    public static TheoryData<TuningOptions, string> Wrong { get; } = new()
    {
        { new() { Training = new TrainingOptions { Steps = 0 } }, "Steps is 0*" },
        { new() { Lora = new LoraOptions { Rank = 0 } }, "*rank is 0*" },
        { new() { WarmUpEpochs = -1 }, "*-1 epochs*" },
        { new() { EvaluationBatchSize = 0 }, "*evaluation batch size is 0*" },
        { new() { HeadWarmUpLearningRate = 0 }, "*learning rate is 0*" },
        { new() { HeadLearningRate = -1 }, "*learning rate is -1*" },
        { new() { ComposerLearningRate = double.NaN }, "*learning rate is NaN*" },
        { new() { LoraLearningRate = double.PositiveInfinity }, "*learning rate is *" },
        { new() { FullLearningRate = 0 }, "*learning rate is 0*" },
        { new() { CoefficientLearningRate = 0 }, "*learning rate is 0*" },
        { new() { ResidualLearningRate = 0 }, "*learning rate is 0*" },
        { new() { CoefficientPenalties = [3, -1] }, "*coefficients is -1*" },
        { new() { CoefficientPenalties = [] }, "*no penalty to choose for the coefficients*" },
        { new() { MergeLambdas = [] }, "*no factor to choose for merge methods*" },
        { new() { MergeLambdas = [1, double.NaN] }, "*factor of merge methods is NaN*" },
        { new() { MergeDensities = [] }, "*no density to choose*" },
        { new() { MergeDensities = [0.5, 0] }, "*density of merge methods is 0; it must lie in (0, 1]*" },
        { new() { LoraHubEvaluations = 0 }, "*evaluations of LoraHub are 0*" },
        { new() { Folds = 1 }, "*folds are 1*" },
        { new() { Budget = TimeSpan.Zero }, "*budget is 00:00:00*" },
        { new() { Head = new HeadOptions { Penalties = [] } }, "*no penalty*" },
        { new() { Head = new HeadOptions { Penalties = [1, 0] } }, "*penalty of the head is 0*" },
        { new() { Head = new HeadOptions { FixedPenalty = -1 } }, "*penalty of the head is -1*" },
        { new() { Head = new HeadOptions { Folds = 1 } }, "*folds are 1*" },
        { new() { WeightDecay = -0.5 }, "*weight decay is -0.5*" },
        { new() { WeightDecay = double.NaN }, "*weight decay is NaN*" },
    };

    [Theory]
    [MemberData(nameof(Wrong), DisableDiscoveryEnumeration = true)]
    public void NamesTheWrongSetting(TuningOptions options, string message) =>
        options.Invoking(o => o.Validate()).Should().Throw<ArgumentException>().WithMessage(message);

    [Fact]
    public void TakesTheDefaultsAndNoWarmUp()
    {
        new TuningOptions().Validate();
        new TuningOptions { WarmUpEpochs = 0, WeightDecay = 0 }.Validate();
    }
}

using LoraComposition.FewShot;

namespace LoraComposition.Experiments.Tests.Upstream;

public sealed class UpstreamOptionsTests
{
    public static TheoryData<ModuleTrainingOptions, string> Wrong { get; } = new()
    {
        { new() { Training = new TrainingOptions { BatchSize = 0 } }, "*batch size is 0*" },
        { new() { Lora = new LoraOptions { Dropout = 1 } }, "Dropout is 1*" },
        { new() { WarmUpEpochs = -1 }, "*-1 epochs*" },
        { new() { HeadWarmUpLearningRate = 0 }, "*learning rate is 0*" },
        { new() { LearningRate = double.NaN }, "*learning rate is NaN*" },
        { new() { WeightDecay = -1 }, "*weight decay is -1*" },
    };

    [Theory]
    [MemberData(nameof(Wrong), DisableDiscoveryEnumeration = true)]
    public void NamesTheWrongSetting(ModuleTrainingOptions options, string message) =>
        options.Invoking(o => o.Validate()).Should().Throw<ArgumentException>().WithMessage(message);

    [Fact]
    public void TakesTheDefaultsAndNoWarmUp()
    {
        new ModuleTrainingOptions().Validate();
        new ModuleTrainingOptions { WarmUpEpochs = 0, WeightDecay = 0 }.Validate();
    }
}

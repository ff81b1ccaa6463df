namespace LoraComposition.FewShot.Tests.Training;

public sealed class TrainingOptionsTests
{
    public static TheoryData<TrainingOptions, string> Wrong { get; } = new()
    {
        { new() { Steps = 0 }, "Steps is 0*" },
        { new() { Epochs = 0 }, "Epochs is 0*" },
        { new() { BatchSize = 0 }, "*batch size is 0*" },
        { new() { WarmUpFraction = 1 }, "*warm-up fraction is 1*" },
        { new() { WarmUpFraction = -0.1 }, "*warm-up fraction is -0.1*" },
        { new() { WarmUpFraction = double.NaN }, "*warm-up fraction is NaN*" },
        { new() { ClipNorm = 0 }, "*clipping norm is 0*" },
        { new() { ClipNorm = double.NaN }, "*clipping norm is NaN*" },
        { new() { Checks = 0 }, "Checks (0)*" },
        { new() { Patience = 0 }, "*patience (0)*" },
    };

    [Theory]
    [MemberData(nameof(Wrong), DisableDiscoveryEnumeration = true)]
    public void NamesTheWrongSetting(TrainingOptions options, string message) =>
        options.Invoking(o => o.Validate()).Should().Throw<ArgumentException>().WithMessage(message);

    [Fact]
    public void TakesTheEdges()
    {
        new TrainingOptions().Validate();
        new TrainingOptions { Steps = 1, Epochs = 1, BatchSize = 1, WarmUpFraction = 0, ClipNorm = null, Checks = 1, Patience = 1 }.Validate();
        new TrainingOptions { Steps = null }.Validate();
    }

    [Theory]
    [InlineData(7, 1, 7)]
    [InlineData(7, 1000, 7)]
    [InlineData(null, 1, 3)]
    [InlineData(null, 10, 3)]
    [InlineData(null, 11, 6)]
    [InlineData(null, 30, 9)]
    public void CountsSteps(int? steps, int samples, int expected) =>
        new TrainingOptions { Steps = steps, Epochs = 3, BatchSize = 10 }.StepsFor(samples).Should().Be(expected);
}

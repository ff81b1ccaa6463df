using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Files;

namespace LoraComposition.FewShot.Tests.Modules;

public sealed class TrainedModuleTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    IReadOnlyList<string>? Labels(string report)
    {
        File.WriteAllText(folder.At(TrainedModule.ReportFile), report);
        return TrainedModule.LabelsIn(folder.Path);
    }

    [Fact]
    public void TheLabelsOfAModuleOfTextsStandInItsReport()
    {
        TrainedModule.LabelsIn(folder.Path).Should().BeNull("there is no report");
        Labels("""{"task":"text classification","classes":[{"name":"b"},{"name":"a"}]}""").Should().Equal("b", "a");
        Labels("""{"task":"image classification","classes":[{"name":"b"},{"name":"a"}]}""").Should().BeNull();
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"task":3}""")]
    [InlineData("""{"task":"text classification","classes":7}""")]
    [InlineData("""{"task":"text classification","classes":[{"name":"a"}]}""")]
    [InlineData("""{"task":"text classification","classes":[{"name":"a"},{"name":"a"}]}""")]
    public void ADamagedReportIsRefused(string report) =>
        FluentActions.Invoking(() => Labels(report)).Should().Throw<ModelFileException>().WithMessage("*training.json*");
}

using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Data.Benchmarks;

public sealed class ImageBenchmarksTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public static TheoryData<string> Names => [.. ImageBenchmarks.All.Select(b => b.Name)];

    public void Dispose() => folder.Dispose();

    [Fact]
    public void EveryDataSetHasANameOfItsOwn()
    {
        ImageBenchmarks.All.Select(b => b.Name).Should().Equal("cifar100", "food101", "stanford-cars", "sun397", "flowers102", "eurosat", "pacs-art-painting", "pacs-cartoon", "pacs-photo", "pacs-sketch");
        ImageBenchmarks.Find("imagenet").Should().BeNull();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void SaysWhichFilesItNeeds(string name)
    {
        var benchmark = ImageBenchmarks.Find(name)!;
        folder.Write("text", "data", "notes.txt");

        benchmark.Refusal(folder).Should().StartWith($"{folder.Path}: {name} needs {benchmark.Files}, or the model hub's Parquet files (train-*.parquet, ").And.EndWith("found neither. Data of one's own needs another name.");
        FluentActions.Invoking(() => benchmark.Open(folder.At("none"))).Should().Throw<DataException>().WithMessage($"*none: the folder is missing; {name} needs *");
    }
}

using LoraComposition.FewShot.Tests.Data.Folders;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Data.Benchmarks;

public sealed class EuroSatTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void SplitsEachClassOfTheFolders()
    {
        foreach (string name in new[] { "River", "AnnualCrop" })
        {
            for (int i = 0; i < 10; i++) folder.AddJpeg("EuroSAT", "2750", name, $"{name}_{i}.jpg");
        }

        var (train, test) = new EuroSat().Open(folder.Path);

        train.ClassNames.Should().Equal("AnnualCrop", "River");
        train.Labels().Should().Equal([.. Enumerable.Repeat(0, 8), .. Enumerable.Repeat(1, 8)]);
        test.Labels().Should().Equal(0, 0, 1, 1);
        (train.Name, test.Name).Should().Be(("eurosat-train", "eurosat-test"));
    }
}

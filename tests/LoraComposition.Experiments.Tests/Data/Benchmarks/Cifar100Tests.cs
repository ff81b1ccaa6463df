using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Data.Benchmarks;

public sealed class Cifar100Tests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void ReadsTheBinaryVersion()
    {
        folder.WriteBytes(new byte[2 * 3074], "cifar-100-binary", "train.bin");
        folder.WriteBytes(new byte[3074], "cifar-100-binary", "test.bin");

        var (train, test) = new Cifar100().Open(folder.Path);

        (train.Count, test.Count, train.Name, test.Name).Should().Be((2, 1, "cifar100-train", "cifar100-test"));
    }

    [Fact]
    public void NamesTheMissingPart()
    {
        folder.WriteBytes(new byte[3074], "train.bin");

        new Cifar100().Refusal(folder).Should().Contain("test.bin: the file is missing");
    }

    [Fact]
    public void ReadsTheFineLabelsOfTheHub()
    {
        folder.WriteBytes(TinyHub.File(TinyHub.Rows(1, 0), ["apple", "bear"], image: "img", label: "fine_label"), "cifar100", "train-00000-of-00001.parquet");
        folder.WriteBytes(TinyHub.File(TinyHub.Rows(0), ["apple", "bear"], image: "img", label: "fine_label"), "cifar100", "test-00000-of-00001.parquet");

        var (train, _) = new Cifar100().Open(folder.Path);

        train.ClassNames.Should().Equal("apple", "bear");
        train.Labels().Should().Equal(1, 0);
    }
}

using LoraComposition.FewShot.Tests.Data.Folders;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Data.Benchmarks;

public sealed class Sun397Tests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public Sun397Tests()
    {
        folder.AddJpeg("SUN397", "a", "abbey", "sun_a.jpg");
        folder.AddJpeg("SUN397", "a", "abbey", "sun_b.jpg");
        folder.AddJpeg("SUN397", "a", "apartment_building", "outdoor", "sun_c.jpg");
        folder.Write("/a/abbey\n/a/apartment_building/outdoor\n", "SUN397", "ClassName.txt");
        folder.Write("/a/apartment_building/outdoor/sun_c.jpg\r\n/a/abbey/sun_a.jpg\r\n", "Partitions", "Training_01.txt");
        folder.Write("/a/abbey/sun_b.jpg\r\n", "Partitions", "Testing_01.txt");
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void ReadsTheFirstPartition()
    {
        var (train, test) = new Sun397().Open(folder.Path);

        train.ClassNames.Should().Equal("abbey", "apartment_building/outdoor");
        train.Labels().Should().Equal(1, 0);
        test.Labels().Should().Equal(0);
        train.Decode(0).Width.Should().Be(3);
    }

    [Fact]
    public void ReadsAnotherPartitionAndNamesAMissingOne()
    {
        folder.Write("/a/abbey/sun_b.jpg", "SUN397", "Training_10.txt");
        folder.Write("/a/abbey/sun_a.jpg", "SUN397", "Testing_10.txt");

        new Sun397 { Partition = 10 }.Open(folder.Path).Train.Count.Should().Be(1);
        new Sun397 { Partition = 2 }.Refusal(folder).Should().Contain("Training_02.txt: the file is missing");
    }

    [Theory]
    [InlineData("/a/castle/sun_a.jpg")]
    [InlineData("a/abbey/sun_a.jpg")]
    [InlineData("/sun_a.jpg")]
    public void NamesTheLineOfAnUnknownClass(string line)
    {
        folder.Write($"/a/abbey/sun_b.jpg\n{line}", "Partitions", "Testing_01.txt");

        new Sun397().Refusal(folder).Should().Contain($"Testing_01.txt: line 2: expected <class>/<picture> with one of the 2 classes of ClassName.txt, found '{line}'");
    }
}

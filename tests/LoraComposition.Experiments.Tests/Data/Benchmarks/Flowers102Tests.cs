using LoraComposition.Experiments.Tests.Data.Formats;
using LoraComposition.FewShot.Tests.Data.Folders;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Data.Benchmarks;

public sealed class Flowers102Tests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public Flowers102Tests()
    {
        for (int i = 1; i <= 5; i++) folder.AddJpeg("jpg", $"image_{i:D5}.jpg");
        Labels(1, 2, 1, 3, 2);
        Split([3, 2, 4], [5, 1]);
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void ReadsThePublishedSplit()
    {
        var (train, test) = new Flowers102().Open(folder.Path);

        train.ClassNames.Should().Equal("class-000", "class-001", "class-002");
        train.Labels().Should().Equal(0, 1, 2);
        test.Labels().Should().Equal(1, 0);
        train.Decode(2).Width.Should().Be(3);
    }

    [Fact]
    public void RefusesPicturesThatHaveNoLabelOrAreShared()
    {
        Split([3, 6], [5]);
        new Flowers102().Refusal(folder).Should().Contain("setid.mat: 'trnid', entry 2: expected one of 5 pictures that imagelabels.mat labels, found 6");

        Split([3, 5], [5]);
        new Flowers102().Refusal(folder).Should().Contain("setid.mat: the picture 'image_00005.jpg' is in the training list too");
    }

    [Fact]
    public void RefusesLabelsThatNoFlowerHas()
    {
        Labels(1, 0, 1, 3, 2);
        new Flowers102().Refusal(folder).Should().Contain("imagelabels.mat: 'labels', entry 2: expected an integer of at least 1, found 0");

        Labels(1, 2, 1, 1e9, 2);
        new Flowers102().Refusal(folder).Should().Contain("imagelabels.mat: expected at most as many classes as the 5 pictures");
    }

    [Fact]
    public void NamesAMissingPicture()
    {
        File.Delete(folder.At("jpg", "image_00004.jpg"));

        new Flowers102().Refusal(folder).Should().Contain("setid.mat: 'trnid', entry 3: the picture 'image_00004.jpg' is missing");
    }

    void Labels(params double[] labels) => folder.WriteBytes(TinyMat.File(("labels", labels)), "imagelabels.mat");

    void Split(double[] train, double[] test) => folder.WriteBytes(TinyMat.File(("trnid", train), ("valid", new double[] { 1 }), ("tstid", test)), "setid.mat");
}

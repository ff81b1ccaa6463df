using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.FewShot.Tests.Data.Folders;

public sealed class ImageFolderSplitsTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void ReadsBothParts()
    {
        folder.AddPng("train", "a", "1.png");
        folder.AddPng("train", "b", "1.png");
        folder.AddPng("test", "a", "1.png");
        folder.AddPng("test", "b", "1.png");
        folder.AddPng("test", "b", "2.png");

        var (train, test) = ImageFolderSplits.Open(folder.Path);

        train.Count.Should().Be(2);
        test!.Labels().Should().Equal(0, 1, 1);
        train.Name.Should().EndWith("-train");
        train.Fingerprint.Should().NotBe(test.Fingerprint);
    }

    [Fact]
    public void HasNoTestPartWhereThereIsNone()
    {
        folder.AddPng("train", "a", "1.png");

        var (train, test) = ImageFolderSplits.Open(folder.Path);

        train.ClassNames.Should().Equal("a");
        test.Should().BeNull();
    }

    [Fact]
    public void TakesAFolderOfClassesAsItIs()
    {
        // A class may be called train: it holds pictures, not folders.
        folder.AddPng("train", "1.png");
        folder.AddPng("bus", "1.png");

        var (train, test) = ImageFolderSplits.Open(folder.Path);

        train.ClassNames.Should().Equal("bus", "train");
        test.Should().BeNull();
    }

    [Fact]
    public void RefusesPartsWithDifferentClasses()
    {
        folder.AddPng("train", "a", "1.png");
        folder.AddPng("train", "b", "1.png");
        folder.AddPng("test", "a", "1.png");
        folder.AddPng("test", "c", "1.png");

        FluentActions.Invoking(() => ImageFolderSplits.Open(folder.Path)).Should().Throw<DataException>().WithMessage("*missing here: b; only here: c.*");
    }
}

using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.FewShot.Tests.Data.Folders;

public sealed class ImageFolderDatasetTests : IDisposable
{
    readonly TemporaryFolder folder = new();
    readonly TemporaryFolder elsewhere = new();

    public void Dispose()
    {
        folder.Dispose();
        elsewhere.Dispose();
    }

    [Fact]
    public void ListsClassesAndPicturesInOrdinalOrder()
    {
        folder.AddPng("b", "2.PNG");
        folder.AddJpeg("b", "1.Jpg");
        folder.AddJpeg("b", "10.JPEG");
        folder.AddPng("Zebra", "x.png");
        folder.Write("read me", "b", "notes.txt");
        folder.Write("hidden", "b", "._1.jpg");
        folder.Write("hidden", ".cache", "x.png");
        folder.AddPng("b", "deeper", "3.png");
        folder.Write("loose", "loose.png");

        var data = ImageFolderDataset.Open(folder.Path, "things");

        data.Name.Should().Be("things");
        data.ClassNames.Should().Equal("Zebra", "b");
        data.Labels().Should().Equal(0, 1, 1, 1, 1);
        data.Decode(0).Pixels[..3].ToArray().Should().Equal(200, 100, 50);
        Enumerable.Range(0, 5).Select(i => data.Decode(i).Width).Should().AllBeEquivalentTo(3);
    }

    [Fact]
    public void OrdersPicturesByName()
    {
        foreach (string name in new[] { "10.png", "2.png", "1.png" }) folder.Write(name, "a", name);

        var data = ImageFolderDataset.Open(folder.Path);

        // The pictures are no pictures: each refuses under its own name.
        Enumerable.Range(0, 3).Select(i => FluentActions.Invoking(() => data.Decode(i)).Should().Throw<DataException>().Which.Path).Select(Path.GetFileName)
            .Should().Equal("1.png", "10.png", "2.png");
    }

    [Fact]
    public void OpensAFolderThroughALink()
    {
        folder.AddPng("a", "1.png");
        Directory.CreateSymbolicLink(elsewhere.At("link"), folder.Path);

        ImageFolderDataset.Open(elsewhere.At("link")).Name.Should().Be("link");
    }

    [Fact]
    public void RefusesFoldersWithoutPictures()
    {
        FluentActions.Invoking(() => ImageFolderDataset.Open(folder.At("missing"))).Should().Throw<DataException>().WithMessage("*missing: the folder is missing*");
        FluentActions.Invoking(() => ImageFolderDataset.Open(folder.Path)).Should().Throw<DataException>().WithMessage("*found no sub-folder*");
        folder.AddPng("a", "1.png");
        folder.Write("text", "empty", "1.txt");
        FluentActions.Invoking(() => ImageFolderDataset.Open(folder.Path)).Should().Throw<DataException>().WithMessage("*empty: expected pictures*");
    }

    [Fact]
    public void FingerprintFollowsNamesAndSizesNotThePlace()
    {
        foreach (var place in new[] { folder, elsewhere }) place.Write("12345", "a", "1.png");
        string print = ImageFolderDataset.Open(folder.Path).Fingerprint;
        ImageFolderDataset.Open(elsewhere.Path).Fingerprint.Should().Be(print);

        elsewhere.Write("123456", "a", "1.png");
        ImageFolderDataset.Open(elsewhere.Path).Fingerprint.Should().NotBe(print);

        File.Move(folder.At("a", "1.png"), folder.At("a", "2.png"));
        ImageFolderDataset.Open(folder.Path).Fingerprint.Should().NotBe(print);
    }
}

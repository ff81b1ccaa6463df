using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.FewShot.Tests.Data.Folders;

public sealed class ImageFileListTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void FindsPicturesAtEveryDepthInOrdinalOrder()
    {
        string[] pictures = [folder.AddPng("B.PNG"), folder.AddJpeg("a", "deep", "1.jpeg"), folder.AddJpeg("a", "z.jpg")];
        folder.Write("text", "a", "notes.txt");
        folder.AddPng(".hidden", "1.png");
        folder.AddPng("a", ".hidden.png");

        ImageFileList.Of(folder.Path).Should().Equal(pictures);
    }

    [Fact]
    public void ListsAFileWhateverItsName()
    {
        string file = folder.Write("x", "picture.data");

        ImageFileList.Of(file).Should().Equal(file);
    }

    [Fact]
    public void RefusesAFolderWithoutPicturesAndAMissingPath()
    {
        folder.Write("x", "empty", "notes.txt");
        var empty = () => ImageFileList.Of(Path.Combine(folder.Path, "empty"));
        var missing = () => ImageFileList.Of(Path.Combine(folder.Path, "missing"));

        empty.Should().Throw<DataException>().WithMessage("*expected pictures*found none*");
        missing.Should().Throw<DataException>().WithMessage("*missing: there is no such file or folder*");
    }
}

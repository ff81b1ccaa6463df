using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.FewShot.Tests.Data.Folders;

/// <summary>Data sets lie on other disks: links in them are followed, and what leads nowhere or round is named.</summary>
public sealed class LinkedPicturesTests : IDisposable
{
    readonly TemporaryFolder folder = new();
    readonly TemporaryFolder elsewhere = new();

    public void Dispose()
    {
        folder.Dispose();
        elsewhere.Dispose();
    }

    [Fact]
    public void FollowsLinkedFilesClassesAndFolders()
    {
        string file = elsewhere.AddPng("store", "1f3a");
        elsewhere.AddPng("b", "1.png");
        elsewhere.AddPng("b", "deep", "2.png");
        File.CreateSymbolicLink(folder.At("data", "a", "1.png"), file);
        folder.AddPng("data", "a", "2.png");
        Directory.CreateSymbolicLink(folder.At("data", "b"), elsewhere["b"]);
        Directory.CreateSymbolicLink(folder["link"], folder["data"]);

        var data = ImageFolderDataset.Open(folder["link"]);

        data.ClassNames.Should().Equal("a", "b");
        Enumerable.Range(0, data.Count).Select(data.RelativePath).Should().Equal("a/1.png", "a/2.png", "b/1.png", "b/deep/2.png");
        Enumerable.Range(0, data.Count).Select(i => data.Decode(i).Width).Should().AllBeEquivalentTo(3);
        data.Warning.Should().BeNull();
        ImageFileList.Of(folder["link"]).Should().HaveCount(4);
    }

    [Fact]
    public void NamesWhatLeadsNowhereOrRound()
    {
        folder.AddPng("a", "1.png");
        File.CreateSymbolicLink(folder["a/2.png"], folder["a/missing.png"]);
        File.CreateSymbolicLink(folder["a/3.png"], folder["a/3.png"]);
        Directory.CreateSymbolicLink(folder["a/up"], folder.Path);
        Directory.CreateSymbolicLink(folder["a/self"], folder["a"]);
        Directory.CreateSymbolicLink(folder["round"], folder.Path);

        var data = ImageFolderDataset.Open(folder.Path);

        data.ClassNames.Should().Equal("a");
        data.Count.Should().Be(1);
        data.Warning.Should().Contain("2 links that lead nowhere (a/2.png, a/3.png)").And.Contain("3 links that lead in a circle (round, a/self, a/up)");
    }

    [Fact]
    public void AFolderThatManyLinksLeadToIsReadOnce()
    {
        // Each level twice the one below: without a memory of what was seen, a million times.
        folder.AddPng("a", "level00", "1.png");
        for (int i = 1; i < 20; i++)
        {
            foreach (string side in (string[])["x", "y"]) Directory.CreateSymbolicLink(folder.At("a", $"level{i:D2}", side), folder[$"a/level{i - 1:D2}"]);
        }

        ImageFolderDataset.Open(folder.Path).Count.Should().Be(1);
        ImageFileList.Of(folder.Path).Should().HaveCount(1);
    }
}

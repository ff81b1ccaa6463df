using LoraComposition.Files;

namespace LoraComposition.Tests.Files;

public sealed class StagedFolderTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_folder_is_not_there_before_all_is_written()
    {
        var target = Path.Combine(folder.Path, "deep", "out");

        StagedFolder.Write(target, staging =>
        {
            File.WriteAllText(Path.Combine(staging, "a"), "1");
            Directory.Exists(target).Should().BeFalse();
        });

        File.ReadAllText(Path.Combine(target, "a")).Should().Be("1");
        Directory.GetFileSystemEntries(Path.GetDirectoryName(target)!).Should().ContainSingle();
    }

    [Fact]
    public void A_failure_leaves_nothing()
    {
        var target = Path.Combine(folder.Path, "out");

        var act = () => StagedFolder.Write(target, staging =>
        {
            File.WriteAllText(Path.Combine(staging, "a"), "1");
            throw new IOException("full");
        });

        act.Should().Throw<IOException>().WithMessage("full");
        Directory.GetFileSystemEntries(folder.Path).Should().BeEmpty();
    }

    [Fact]
    public void An_existing_folder_keeps_what_is_not_replaced()
    {
        var target = Path.Combine(folder.Path, "out");
        Directory.CreateDirectory(target);
        File.WriteAllText(Path.Combine(target, "mine"), "kept");
        File.WriteAllText(Path.Combine(target, "a"), "old");

        StagedFolder.Write(target, staging =>
        {
            File.WriteAllText(Path.Combine(staging, "a"), "new");
            Directory.CreateDirectory(Path.Combine(staging, "sub"));
            File.WriteAllText(Path.Combine(staging, "sub", "b"), "new");
        });

        File.ReadAllText(Path.Combine(target, "mine")).Should().Be("kept");
        File.ReadAllText(Path.Combine(target, "a")).Should().Be("new");
        File.ReadAllText(Path.Combine(target, "sub", "b")).Should().Be("new");
        Directory.GetFileSystemEntries(folder.Path).Should().ContainSingle();
    }

    [Fact]
    public void A_file_in_the_place_is_kept()
    {
        var target = Path.Combine(folder.Path, "out");
        File.WriteAllText(target, "a file");

        var act = () => StagedFolder.Write(target, staging => File.WriteAllText(Path.Combine(staging, "a"), "1"));

        act.Should().Throw<IOException>().WithMessage("*found a file*");
        File.ReadAllText(target).Should().Be("a file");
        Directory.GetFileSystemEntries(folder.Path).Should().ContainSingle();
    }
}

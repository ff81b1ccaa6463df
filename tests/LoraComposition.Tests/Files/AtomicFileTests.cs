using LoraComposition.Files;

namespace LoraComposition.Tests.Files;

public sealed class AtomicFileTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Replaces_a_longer_file()
    {
        var path = folder.Write("file", new byte[100]);
        AtomicFile.Write(path, stream => stream.Write([1, 2, 3]));
        File.ReadAllBytes(path).Should().Equal(1, 2, 3);
        Directory.GetFiles(folder.Path).Should().Equal(path);
    }

    [Fact]
    public void A_failure_midway_keeps_the_old_file_and_leaves_nothing_else()
    {
        var path = folder.Write("file", [9, 9]);
        var fail = () => AtomicFile.Write(path, stream =>
        {
            stream.Write(new byte[1 << 16]);
            stream.Flush();
            File.ReadAllBytes(path).Should().Equal([9, 9], "nothing is visible before the end");
            throw new IOException("the disk is full");
        });
        fail.Should().Throw<IOException>().WithMessage("the disk is full");
        File.ReadAllBytes(path).Should().Equal(9, 9);
        Directory.GetFileSystemEntries(folder.Path).Should().Equal(path);
    }

    [Fact]
    public void A_destination_that_is_a_folder_leaves_nothing_else()
    {
        Directory.CreateDirectory(folder.File("inner"));
        var write = () => AtomicFile.Write(folder.File("inner"), stream => stream.WriteByte(1));
        write.Should().Throw<Exception>().Which.Should().Match(e => e is IOException || e is UnauthorizedAccessException);
        Directory.GetFileSystemEntries(folder.Path).Should().Equal(folder.File("inner"));
    }

    [Fact]
    public void Keeps_the_permissions_of_the_replaced_file()
    {
        if (OperatingSystem.IsWindows()) return; // Permissions are inherited there.
        const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherExecute;
        var path = folder.Write("file", [1]);
        File.SetUnixFileMode(path, Mode);
        AtomicFile.Write(path, stream => stream.WriteByte(2));
        File.GetUnixFileMode(path).Should().Be(Mode);
    }
}

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

    [Fact]
    public void Of_two_writers_to_a_missing_place_the_second_is_refused()
    {
        var target = Path.Combine(folder.Path, "out");

        var second = () => StagedFolder.Write(target, staging =>
        {
            File.WriteAllText(Path.Combine(staging, "a"), "second");
            StagedFolder.Write(target, first => File.WriteAllText(Path.Combine(first, "a"), "first"), replace: false);
        }, replace: false);

        second.Should().Throw<IOException>().WithMessage($"{target}: *another run*");
        File.ReadAllText(Path.Combine(target, "a")).Should().Be("first");
        Directory.GetFileSystemEntries(folder.Path).Should().ContainSingle();
    }

    [Fact]
    public void Of_two_writers_to_an_empty_folder_the_second_is_refused()
    {
        var target = Directory.CreateDirectory(Path.Combine(folder.Path, "out")).FullName;

        var second = () => StagedFolder.Write(target, staging =>
        {
            File.WriteAllText(Path.Combine(staging, "b"), "second");
            StagedFolder.Write(target, first => File.WriteAllText(Path.Combine(first, "a"), "first"), replace: false);
        }, replace: false);

        second.Should().Throw<IOException>().WithMessage($"{target}: *another run*");
        Directory.GetFileSystemEntries(target).Select(Path.GetFileName).Should().Equal("a");
        Directory.GetFileSystemEntries(folder.Path).Should().ContainSingle();
    }

    [Fact]
    public void A_place_that_another_is_publishing_to_is_refused()
    {
        var target = Directory.CreateDirectory(Path.Combine(folder.Path, "out")).FullName;
        File.WriteAllText(Path.Combine(target, ".publishing.tmp"), "");

        var act = () => StagedFolder.Write(target, staging => File.WriteAllText(Path.Combine(staging, "a"), "1"), replace: false);

        act.Should().Throw<IOException>().WithMessage("*another run*");
        Directory.GetFileSystemEntries(target).Should().ContainSingle();
    }

    [Fact]
    public async Task Of_many_writers_at_once_one_wins_whole()
    {
        var target = Path.Combine(folder.Path, "out");
        using var start = new Barrier(8);
        bool[] won = await Task.WhenAll(Enumerable.Range(0, 8).Select(n => Task.Factory.StartNew(() =>
        {
            start.SignalAndWait();
            try
            {
                StagedFolder.Write(target, staging =>
                {
                    File.WriteAllText(Path.Combine(staging, "a"), $"{n}");
                    File.WriteAllText(Path.Combine(staging, "b.json"), $"{n}");
                }, replace: false);
                return true;
            }
            catch (IOException)
            {
                return false;
            }
        }, TaskCreationOptions.LongRunning)));

        won.Count(w => w).Should().Be(1);
        string winner = $"{Array.IndexOf(won, true)}";
        Directory.GetFiles(target).Select(File.ReadAllText).Should().Equal(winner, winner);
    }

    [Theory]
    [InlineData(".abcdefgh.xyz.tmp", true)]
    [InlineData("upstream-0123456789ab.0123456789abcdef0123456789abcdef.partial", true)]
    [InlineData(".git", false)]
    [InlineData(".mine.tmp", false)]
    [InlineData("abcdefgh.xyz.tmp", false)]
    [InlineData("notes.partial", false)]
    public void What_killed_runs_left_is_removed_once_it_is_old(string name, bool own)
    {
        string old = Path.Combine(folder.Path, name, "inner");
        Directory.CreateDirectory(old);
        File.WriteAllText(Path.Combine(old, "file"), "");
        StagedFolder.RemoveLeftovers(folder.Path).Should().BeEmpty("a run may be writing it");
        foreach (string path in (string[])[Path.Combine(old, "file"), old, Path.GetDirectoryName(old)!]) Age(path);

        var removed = StagedFolder.RemoveLeftovers(folder.Path);

        removed.Should().Equal(own ? [Path.Combine(folder.Path, name)] : []);
        Directory.Exists(old).Should().Be(!own);
    }

    [Fact]
    public void What_a_killed_run_left_is_removed_at_once_and_what_a_running_one_fills_never()
    {
        string dead = Directory.CreateDirectory(folder.File(".abcdefgh.ded.tmp")).FullName, alive = Directory.CreateDirectory(folder.File(".abcdefgh.liv.tmp")).FullName;
        File.WriteAllText(Path.Combine(dead, "adapter_config.json"), "{}");
        File.WriteAllText(folder.File(".abcdefgh.ded.lock"), "");
        File.WriteAllText(folder.File(".abcdefgh.aln.lock"), "");
        using (new FileStream(folder.File(".abcdefgh.liv.lock"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None))
        {
            StagedFolder.RemoveLeftovers(folder.Path).Should().Equal(dead);
            StagedFolder.RemoveLeftovers(folder.Path).Should().BeEmpty();
        }
        Directory.GetFileSystemEntries(folder.Path).Should().BeEquivalentTo(alive, folder.File(".abcdefgh.liv.lock"));
    }

    [Fact]
    public void While_a_folder_is_filled_another_run_leaves_it_alone_and_its_lock_is_gone_afterwards()
    {
        StagedFolder.Write(folder.File("target"), staging =>
        {
            // As old as that of a killed run; the lock tells better.
            Directory.SetLastWriteTimeUtc(staging, DateTime.UtcNow.AddHours(-2));
            StagedFolder.RemoveLeftovers(folder.Path).Should().BeEmpty();
            File.WriteAllText(Path.Combine(staging, "file"), "");
        });
        Directory.GetFileSystemEntries(folder.Path).Should().Equal(folder.File("target"));
    }

    [Theory]
    [InlineData(-2, false)]
    [InlineData(2, true)]
    public void A_clock_that_jumped_makes_no_leftover_of_a_file_that_is_being_written(int hours, bool isTakenAfterwards)
    {
        string path = folder.File("table.csv");
        AtomicFile.Write(path, stream =>
        {
            string temporary = ((FileStream)stream).Name;
            stream.WriteByte((byte)'1');
            stream.Flush();
            // As it looks when this machine's clock, or that of the disk, was set by hours meanwhile.
            File.SetLastWriteTimeUtc(temporary, DateTime.UtcNow.AddHours(-hours));
            StagedFolder.RemoveLeftovers(folder.Path).Should().BeEmpty();
            File.Exists(temporary).Should().BeTrue();
        });
        File.ReadAllText(path).Should().Be("1");

        string left = folder.Write(".abcdefgh.old.tmp", [1]);
        File.SetLastWriteTimeUtc(left, DateTime.UtcNow.AddHours(-hours));
        StagedFolder.RemoveLeftovers(folder.Path).Should().Equal(isTakenAfterwards ? [left] : []);
    }

    [Fact]
    public void A_run_removes_leftovers_beside_its_folder_and_no_young_ones()
    {
        string old = Directory.CreateDirectory(Path.Combine(folder.Path, ".abcdefgh.old.tmp")).FullName, young = Directory.CreateDirectory(Path.Combine(folder.Path, ".abcdefgh.new.tmp")).FullName;
        Age(old);
        Age(young);
        File.WriteAllText(Path.Combine(young, "growing"), "");

        StagedFolder.Write(Path.Combine(folder.Path, "out"), staging => File.WriteAllText(Path.Combine(staging, "a"), "1"));

        Directory.GetDirectories(folder.Path).Order(StringComparer.Ordinal).Should().Equal(young, Path.Combine(folder.Path, "out"));
    }

    static void Age(string path)
    {
        if (File.Exists(path)) File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddHours(-2));
        else Directory.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddHours(-2));
    }
}

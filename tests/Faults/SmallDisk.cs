using System.Diagnostics;
using System.Globalization;

namespace LoraComposition.Faults;

/// <summary>
/// A disk of its own in memory, to be filled up. Linux mounts it for a process with a view of the disks of its own, which needs no rights, and shows it to this
/// process under <c>/proc</c>. Where that is not allowed the test is skipped.
/// </summary>
internal sealed class SmallDisk : IDisposable
{
    const int Page = 4096;

    readonly Process holder;
    readonly DirectoryInfo place;
    readonly string filler;
    readonly long room;

    public SmallDisk(int kibibytes)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux mounts a disk without being asked who one is");
        place = Directory.CreateTempSubdirectory("small-disk-");
        string size = kibibytes.ToString(CultureInfo.InvariantCulture);
        // It ends with this process, which holds the other end of its standard input.
        holder = Process.Start(new ProcessStartInfo("unshare", ["--user", "--map-root-user", "--mount", "sh", "-c", $"mount -t tmpfs -o size={size}k none \"$0\" && mkdir \"$0/room\" && echo mounted && read -r _", place.FullName])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        if (holder.StandardOutput.ReadLine() != "mounted")
        {
            string why = holder.StandardError.ReadToEnd().Trim();
            Dispose();
            Assert.Skip($"no disk may be mounted here: {why}");
        }
        string root = $"/proc/{holder.Id}/root{place.FullName}";
        (Path, filler) = (System.IO.Path.Combine(root, "room"), System.IO.Path.Combine(root, "filler"));
        room = Fill();
        Free();
    }

    /// <summary>A folder on the disk, empty at first.</summary>
    public string Path { get; }

    /// <summary>Takes all room but this much, in whole pages of 4 KiB.</summary>
    public void Leave(int pages)
    {
        Free();
        Fill();
        using var file = new FileStream(filler, FileMode.Open, FileAccess.Write, FileShare.None, bufferSize: 0);
        file.SetLength(Math.Max(0, file.Length - (long)pages * Page));
    }

    /// <summary>Gives all room back.</summary>
    public void Free() => File.Delete(filler);

    /// <summary>
    /// Does work with no room at first, then with one page more at a time, until it succeeds; each time it must fail as <paramref name="check"/> says.
    /// </summary>
    /// <returns>How often it failed.</returns>
    public int UntilThereIsRoom(Action work, Action<Exception> check)
    {
        for (int pages = 0; pages * (long)Page <= room; pages++)
        {
            Leave(pages);
            try
            {
                work();
                Free();
                return pages;
            }
            catch (Exception e) when (e is not Xunit.Sdk.XunitException)
            {
                check(e);
            }
        }
        throw new InvalidOperationException($"The disk of {room} bytes is too small for the work.");
    }

    public void Dispose()
    {
        if (!holder.HasExited) holder.Kill();
        holder.WaitForExit();
        holder.Dispose();
        place.Delete(recursive: true);
    }

    long Fill()
    {
        using var file = new FileStream(filler, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        byte[] page = new byte[Page];
        try
        {
            while (true) file.Write(page);
        }
        catch (IOException)
        {
            return file.Length;
        }
    }
}

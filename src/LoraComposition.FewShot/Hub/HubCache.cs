using LoraComposition.Files;

namespace LoraComposition.FewShot;

/// <summary>
/// One repository in the hub's cache, as the hub's own client keeps it: <c>models--owner--name</c> with <c>blobs</c> (contents by their hashes), <c>snapshots</c>
/// (a folder of links to them for each commit) and <c>refs</c> (the commit of each branch and tag).
/// </summary>
sealed class HubCache(string root, HubReference reference)
{
    const int LongestRef = 100;
    static readonly TimeSpan lookAgain = TimeSpan.FromMilliseconds(200);

    readonly string name = "models--" + reference.Repository.Replace("/", "--", StringComparison.Ordinal);

    string Folder => Path.Combine(root, name);

    /// <summary>The commit that the revision stood for when it was fetched last; null where it never was.</summary>
    public string? Commit
    {
        get
        {
            if (reference.IsCommit) return reference.Revision;
            var file = new FileInfo(Ref);
            if (!file.Exists || file.Length > LongestRef) return null;
            string commit = File.ReadAllText(Ref).Trim();
            return HubReference.IsHash(commit) ? commit : null;
        }
    }

    string Ref => Path.Combine([Folder, "refs", .. reference.Revision.Split('/')]);

    public string Snapshot(string commit) => Path.Combine(Folder, "snapshots", commit);

    public string Blob(string hash) => Path.Combine(Folder, "blobs", hash);

    /// <summary>What of a blob has come so far. The next run goes on with it.</summary>
    public string Incomplete(string hash) => Blob(hash) + ".incomplete";

    public SnapshotState State(string commit) => HubContents.State(Snapshot(commit), file => File.Exists(Absent(commit, file)));

    /// <summary>Keeps others, also the hub's own client, from fetching the same blob, once they have ended.</summary>
    /// <returns>The lock, which the caller disposes. It also ends with the process, however that ends.</returns>
    public async Task<IDisposable> LockAsync(string hash, Action waiting, CancellationToken cancellation)
    {
        // The client's own place and kind of lock: flock, which .NET takes for a file that is not shared.
        string path = Path.Combine(root, ".locks", name, hash + ".lock");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        for (bool told = false; ; told = true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(path))
            {
                if (!told) waiting();
                await Task.Delay(lookAgain, cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Gives a blob, whose content was checked, its name in a snapshot: a link, or the file itself where links cannot be made.</summary>
    public void Link(string commit, string file, string hash)
    {
        string path = Path.Combine(Snapshot(commit), file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (File.Exists(path)) return;
        // What is left is a link that leads nowhere.
        File.Delete(path);
        try
        {
            File.CreateSymbolicLink(path, Path.Combine("..", "..", "blobs", hash));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            if (File.Exists(path)) return;
            File.Move(Blob(hash), path);
        }
    }

    /// <summary>Remembers that the hub has no such file, where the hub's own client does.</summary>
    public void MarkAbsent(string commit, string file)
    {
        string path = Absent(commit, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, []);
    }

    /// <summary>Remembers the commit of the revision. The last step, because from then on the cache is read without asking.</summary>
    public void Pin(string commit)
    {
        if (reference.IsCommit) return;
        Directory.CreateDirectory(Path.GetDirectoryName(Ref)!);
        AtomicFile.Write(Ref, commit);
    }

    string Absent(string commit, string file) => Path.Combine(Folder, ".no_exist", commit, file);
}

using Microsoft.Extensions.Logging;

namespace LoraComposition.Tool;

/// <summary>The adapters that a command names, each with a name of its own.</summary>
sealed class AdapterSet : IDisposable
{
    readonly List<LoraAdapter> adapters = [];

    AdapterSet()
    {
    }

    public IReadOnlyList<LoraAdapter> Adapters => adapters;

    /// <summary>The rank that the exact sum of the updates has at most at any layer.</summary>
    public int RankLimit => (int)adapters.Sum(adapter => adapter.Layers.Values.Max(layer => layer.Rank));

    /// <summary>Reads the adapters in the order given. Where two folders have one name, both are called by their paths.</summary>
    /// <exception cref="ModelFileException">One of them is refused.</exception>
    public static AdapterSet Load(IReadOnlyList<string> folders, ILogger? logger = null)
    {
        var set = new AdapterSet();
        try
        {
            foreach (var (folder, name) in Named(folders)) set.adapters.Add(LoraAdapter.Load(folder, name, logger: logger));
            return set;
        }
        catch
        {
            set.Dispose();
            throw;
        }
    }

    /// <summary>
    /// What each folder's adapter is called: its last part, and where two share that, as many parts more as tell them apart. Never a whole path, because the names
    /// stand in what is written, which others may get. A snapshot in a hub's cache is called as the hub calls it.
    /// </summary>
    public static IEnumerable<(string Folder, string Name)> Named(IReadOnlyList<string> folders)
    {
        string[][] parts = [.. folders.Select(Parts)];
        int[] lengths = [.. parts.Select(_ => 1)];
        for (bool again = true; again;)
        {
            again = false;
            foreach (var group in Enumerable.Range(0, parts.Length).GroupBy(n => Name(n), StringComparer.Ordinal).Where(group => group.Count() > 1).ToArray())
            {
                foreach (int n in group.Where(n => lengths[n] < parts[n].Length && group.Any(other => !parts[other].SequenceEqual(parts[n]))))
                {
                    lengths[n]++;
                    again = true;
                }
            }
        }
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (n, folder) in folders.Index())
        {
            string name = Name(n);
            int times = seen[name] = seen.GetValueOrDefault(name) + 1;
            // One folder that is given twice.
            yield return (folder, times == 1 ? name : $"{name} ({times})");
        }

        string Name(int n) => string.Join('/', parts[n][^Math.Min(lengths[n], parts[n].Length)..]);
    }

    public void Dispose() => adapters.ForEach(adapter => adapter.Dispose());

    /// <summary>The parts of a full path, from the root on; of a snapshot in a hub's cache those of its name there.</summary>
    static string[] Parts(string folder)
    {
        string[] parts = Path.GetFullPath(folder).Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries);
        const string Cached = "models--";
        if (parts is [.., var cached, "snapshots", _] && cached.StartsWith(Cached, StringComparison.Ordinal)) return cached[Cached.Length..].Split("--");
        return parts.Length > 0 ? parts : [folder];
    }
}

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

    /// <summary>What each folder's adapter is called: its last part, or the path where two share that.</summary>
    public static IEnumerable<(string Folder, string Name)> Named(IReadOnlyList<string> folders)
    {
        var shared = folders.GroupBy(Last, StringComparer.Ordinal).Where(group => group.Count() > 1).Select(group => group.Key).ToHashSet(StringComparer.Ordinal);
        return folders.Select(folder => (folder, shared.Contains(Last(folder)) ? folder : Last(folder)));
    }

    public void Dispose() => adapters.ForEach(adapter => adapter.Dispose());

    static string Last(string folder) => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))) is { Length: > 0 } last ? last : folder;
}

using LoraComposition.Files;
using Microsoft.Extensions.Logging;

namespace LoraComposition;

/// <summary>Where an adapter lies. PEFT writes an adapter that is not called <c>default</c> to a sub-folder of its name.</summary>
/// <param name="Path">The folder of the two files.</param>
/// <param name="Name">What to call the adapter.</param>
internal sealed record AdapterFolder(string Path, string Name)
{
    // A folder that may not be read, beside the adapters, is passed over.
    static readonly EnumerationOptions all = new() { IgnoreInaccessible = true, AttributesToSkip = 0 };

    /// <summary>The path of the configuration.</summary>
    public string Config => System.IO.Path.Combine(Path, PeftFiles.Config);

    /// <summary>The path of the weights.</summary>
    public string Weights => System.IO.Path.Combine(Path, PeftFiles.Weights);

    /// <summary>What the adapter may be called in the keys of its tensors.</summary>
    public IReadOnlyList<string> KeyNames => ["default", LastPart(Path)];

    /// <summary>Whether a folder, which exists, holds a PEFT adapter, or a sub-folder of it does.</summary>
    public static bool IsPeft(string folder) => HasConfig(folder) || Inner(folder).Any(HasConfig);

    /// <summary>Finds the one adapter of a folder: in it, or in the only one of its sub-folders that holds one.</summary>
    /// <exception cref="AdapterException">The folder is missing, or holds no adapter or several.</exception>
    public static AdapterFolder Find(string folder)
    {
        if (!Directory.Exists(folder)) throw new AdapterException(folder, "the folder does not exist.");
        if (HasConfig(folder)) return new AdapterFolder(folder, LastPart(folder));
        var inner = Inner(folder).Where(HasConfig).ToList();
        return inner.Count switch
        {
            1 => new AdapterFolder(inner[0], LastPart(inner[0])),
            0 => throw new AdapterException(folder, $"the folder holds no {PeftFiles.Config}; give the folder that PEFT's save_pretrained wrote."),
            _ => throw new AdapterException(folder,
                $"the folder holds several adapters; give the sub-folder of one: {string.Join(", ", inner.Select(path => $"'{LastPart(path)}'"))}."),
        };
    }

    /// <summary>
    /// Finds the adapters of all sub-folders, in ordinal order of their names, which become the adapters' names. Sub-folders without one are passed over, and so
    /// are hidden ones and what a killed run left unfinished, whatever they hold.
    /// </summary>
    /// <exception cref="AdapterException">The folder is missing or holds no adapter, or a sub-folder holds several in sub-folders of its own.</exception>
    public static IReadOnlyList<AdapterFolder> FindAll(string folder, ILogger logger)
    {
        if (!Directory.Exists(folder)) throw new AdapterException(folder, "the folder does not exist.");
        var inner = Inner(folder).ToLookup(IsPeft);
        foreach (string other in inner[false]) logger.FolderSkipped(other);
        foreach (string unfinished in Folders(folder).Where(sub => StagedFolder.IsUnfinished(LastPart(sub)))) logger.UnfinishedSkipped(unfinished);
        var found = inner[true].Select(sub => Find(sub) with { Name = LastPart(sub) }).ToList();
        return found.Count > 0 ? found : throw new AdapterException(folder, $"expected sub-folders with {PeftFiles.Config}, found none.");
    }

    /// <summary>Makes sure that the two files are there and that no link leads out of a folder.</summary>
    /// <param name="root">The folder that was given.</param>
    /// <param name="options">Whether links may lead out.</param>
    /// <exception cref="AdapterException">A file is missing or lies elsewhere.</exception>
    public void Check(string root, AdapterLoadOptions options)
    {
        if (!File.Exists(Weights))
            throw new AdapterException(Path, File.Exists(System.IO.Path.Combine(Path, PeftFiles.PickledWeights))
                ? $"the folder holds {PeftFiles.PickledWeights} but no {PeftFiles.Weights}; a pickle is never read because it can run code: load the adapter with PEFT and save it with save_pretrained(folder, safe_serialization=True)."
                : $"the folder holds no {PeftFiles.Weights}; give the folder that PEFT's save_pretrained wrote.");
        CheckLinks(root, [Config, Weights], options);
    }

    /// <summary>Makes sure that no link leads out of a folder.</summary>
    /// <exception cref="AdapterException">A file lies elsewhere.</exception>
    public static void CheckLinks(string root, IReadOnlyList<string> files, AdapterLoadOptions options)
    {
        if (options.AllowOutsideLinks) return;
        foreach (var file in files)
        {
            if (FolderBoundary.Outside(root, file) is { } real)
                throw new AdapterException(file,
                    $"a link leads to '{real}', outside the folder '{root}'; copy the file there, or set {nameof(AdapterLoadOptions.AllowOutsideLinks)} where the place is trusted.");
        }
    }

    static bool HasConfig(string folder) => File.Exists(System.IO.Path.Combine(folder, PeftFiles.Config));

    static IEnumerable<string> Inner(string folder) => Folders(folder).Where(sub => LastPart(sub) is var name && name[0] != '.' && !StagedFolder.IsUnfinished(name));

    static IEnumerable<string> Folders(string folder) => Directory.GetDirectories(folder, "*", all).Order(StringComparer.Ordinal);

    /// <summary>The last part of a folder's path, its whole path where that has none.</summary>
    public static string LastPart(string folder)
    {
        var full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(folder));
        return System.IO.Path.GetFileName(full) is { } last && !string.IsNullOrWhiteSpace(last) ? last : full;
    }
}

using System.CommandLine;
using System.CommandLine.Parsing;

namespace LoraComposition.CommandLine;

/// <summary>The data set whose labels become tasks.</summary>
/// <param name="Files">Its name and folder; null for fractal images made by formula.</param>
public sealed record LabelData(NamedPath? Files);

/// <summary>The options that choose the data set whose labels become tasks.</summary>
public sealed class LabelDataOptions
{
    readonly Option<string> data = new("--data")
    {
        Description = "embedded (fractal images, nothing to download), or NAME=DIR: a published data set by its name, as cifar100=DIR, "
            + "or under any other name your own, <class>/* with or without train/ and test/. cifar100 or folder alone take --path.",
        DefaultValueFactory = _ => "embedded"
    };
    readonly Option<string?> path = new("--path") { Description = "The folder of --data cifar100 or --data folder." };

    /// <summary>The options, in the order of the help.</summary>
    public IReadOnlyList<Option> All => [data, path];

    /// <summary>Reads and checks what was given.</summary>
    /// <param name="parsed">The command line.</param>
    /// <returns>The choice.</returns>
    /// <exception cref="UsageException">A value cannot be; the message names its option.</exception>
    public LabelData Read(ParseResult parsed)
    {
        ArgumentNullException.ThrowIfNull(parsed);
        string name = parsed.GetValue(data)!;
        string? folder = parsed.GetValue(path);
        if (NamedPath.Is(name))
        {
            return folder is null ? new(NamedPath.Read(data.Name, name, NamedDataKind.Images))
                : throw new UsageException($"--path is given with --data {name}, which names a folder already.");
        }
        switch (name.ToLowerInvariant())
        {
            case "embedded" when folder is not null: throw new UsageException("--path is given without --data cifar100 or --data folder.");
            case "embedded": return new(Files: null);
            case "cifar100" or "folder" when folder is null: throw new UsageException($"--data {name} needs --path, the folder of the data.");
            case "cifar100" or "folder":
                return Directory.Exists(folder) ? new(new NamedPath(name.ToLowerInvariant(), folder)) : throw new UsageException($"--path {folder}: there is no such folder.");
            default: throw new UsageException($"--data {name}: expected embedded, cifar100, folder or NAME=DIR.");
        }
    }
}

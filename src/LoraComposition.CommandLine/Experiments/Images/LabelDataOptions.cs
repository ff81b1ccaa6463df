using System.CommandLine;
using System.CommandLine.Parsing;

namespace LoraComposition.CommandLine;

/// <summary>Which data set's labels become tasks.</summary>
public enum DataSource
{
    /// <summary>Fractal images made by formula.</summary>
    Embedded,

    /// <summary>CIFAR-100's binary files.</summary>
    Cifar100,

    /// <summary>A folder with a sub-folder of pictures for each class.</summary>
    Folder,
}

/// <summary>The data set whose labels become tasks.</summary>
/// <param name="Source">Which one.</param>
/// <param name="Path">Its folder, which exists; null for the one that needs none.</param>
public sealed record LabelData(DataSource Source, string? Path);

/// <summary>The options that choose the data set whose labels become tasks.</summary>
public sealed class LabelDataOptions
{
    readonly Option<string> data = new("--data")
    {
        Description = "embedded (fractal images, nothing to download), cifar100 or folder.",
        DefaultValueFactory = _ => "embedded"
    };
    readonly Option<string?> path = new("--path") { Description = "The folder of the data: CIFAR-100's binary files, or <class>/* with or without train/ and test/." };

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
        var source = ReadSource(name);
        string? folder = parsed.GetValue(path);
        if (source != DataSource.Embedded && folder is null) throw new UsageException($"--data {name} needs --path, the folder of the data.");
        if (source == DataSource.Embedded && folder is not null) throw new UsageException("--path is given without --data cifar100 or --data folder.");
        if (folder is not null && !Directory.Exists(folder)) throw new UsageException($"--path {folder}: there is no such folder.");
        return new LabelData(source, folder);
    }

    static DataSource ReadSource(string text) => text.ToLowerInvariant() switch
    {
        "embedded" => DataSource.Embedded,
        "cifar100" => DataSource.Cifar100,
        "folder" => DataSource.Folder,
        _ => throw new UsageException($"--data {text}: expected embedded, cifar100 or folder."),
    };
}

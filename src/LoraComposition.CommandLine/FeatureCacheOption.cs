using System.CommandLine;
using LoraComposition.FewShot;
using Microsoft.Extensions.Logging;

namespace LoraComposition.CommandLine;

/// <summary>The options that say where features of frozen models are kept between runs.</summary>
public static class FeatureCacheOption
{
    static readonly Option<string?> folder = new("--feature-cache")
    {
        Description = "The folder in which the features of pictures by frozen models are kept for the next run, up to 2 GiB. Default: LORA_COMPOSITION_FEATURES of the environment, else lora-composition/features in the user's cache folder.",
        HelpName = "DIR",
    };

    static readonly Option<bool> none = new("--no-feature-cache") { Description = "Keep no features, and read none." };

    /// <summary>The options, in the order of the help.</summary>
    public static IReadOnlyList<Option> All => [folder, none];

    /// <summary>Reads and checks what was given.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="logger">Is told what was read, computed, and removed because it was damaged.</param>
    /// <returns>The cache; null where nothing is to be kept.</returns>
    /// <exception cref="UsageException">Both options are given, or the folder cannot be.</exception>
    public static FeatureCache? Read(ParseResult parsed, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(parsed);
        string? given = parsed.GetValue(folder);
        if (parsed.GetValue(none)) return given is null ? null : throw new UsageException($"{folder.Name} is given with {none.Name}; give one of them.");
        if (given is null) return new FeatureCache(logger: logger);
        if (string.IsNullOrWhiteSpace(given)) throw new UsageException($"{folder.Name} is empty; give a folder.");
        if (File.Exists(given)) throw new UsageException($"{folder.Name} {given}: this is a file; give a folder.");
        return new FeatureCache(new FeatureCacheOptions { Folder = Path.GetFullPath(given) }, logger);
    }
}

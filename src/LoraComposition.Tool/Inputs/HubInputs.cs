using System.CommandLine;
using System.CommandLine.Parsing;
using System.Diagnostics.CodeAnalysis;
using LoraComposition.FewShot;

namespace LoraComposition.Tool;

/// <summary>What <c>--base</c> and <c>--adapter</c> name: a folder, or a model on the hub, which is fetched where the cache does not hold it.</summary>
static class HubInputs
{
    /// <summary>The option of every command to fetch nothing.</summary>
    public static Option<bool> Offline { get; } = new("--offline")
    {
        Description = "Fetch nothing: a model that is named owner/name or owner/name@revision must be in the hub's cache (HF_HOME, HF_HUB_CACHE).",
        Recursive = true,
    };

    /// <summary>The folder of one model.</summary>
    /// <exception cref="HubException">It is neither here nor in the cache, and cannot be fetched.</exception>
    [return: NotNullIfNotNull(nameof(pathOrName))]
    public static string? Folder(ParseResult parsed, string? pathOrName, IProgressReporter progress, CancellationToken cancellation)
    {
        if (pathOrName is null || !HubModels.IsName(pathOrName)) return pathOrName;
        var options = new HubOptions();
        return HubModels.Resolve(pathOrName, options with { Offline = options.Offline || parsed.GetValue(Offline) }, progress, cancellation);
    }

    /// <summary>The folders of several.</summary>
    /// <exception cref="HubException">One is neither here nor in the cache, and cannot be fetched.</exception>
    public static string[] Folders(ParseResult parsed, IEnumerable<string> pathsOrNames, IProgressReporter progress, CancellationToken cancellation) =>
        [.. pathsOrNames.Select(text => Folder(parsed, text, progress, cancellation))];
}

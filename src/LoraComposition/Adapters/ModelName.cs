using System.Text.RegularExpressions;
using LoraComposition.Files;

namespace LoraComposition;

/// <summary>What a model is called: by a hub's <c>owner/name</c> where that is known, else by the last part of its folder.</summary>
internal static partial class ModelName
{
    const string Snapshots = "snapshots", Cached = "models--";

    /// <summary>What people call the folder that their models lie in; a path with it in front looks like a hub's name.</summary>
    static readonly HashSet<string> folders = new(StringComparer.OrdinalIgnoreCase)
    {
        "models", "model", "checkpoints", "checkpoint", "ckpt", "weights", "output", "outputs", "out", "results", "runs", "data", "base", "bases", "pretrained", "tmp", "hub",
        "home", "adapters", "modules", "work", "content",
    };

    /// <summary>The name of the model in a folder: the hub's where it is a snapshot in the hub's cache, <c>models--owner--name/snapshots/revision</c>.</summary>
    public static string OfFolder(string folder)
    {
        string full = Path.GetFullPath(folder);
        return OfSnapshot(full) ?? (RealPath.Of(full) is { } real ? OfSnapshot(real) : null) ?? LastPart(full);
    }

    /// <summary>A name as it may be written into files that others get: that of a local folder without the way to it.</summary>
    public static string? WithoutPath(string? name) => name is null || IsHubName(name) || name.IndexOfAny(['/', '\\']) < 0 ? name : OfSnapshot(name) ?? LastPart(name);

    /// <summary>Whether two names are certainly of two models: both are a hub's, and they are different ones there. A folder can have any name.</summary>
    public static bool Contradict(string one, string two) =>
        WithoutPath(one) is { } first && WithoutPath(two) is { } second && IsHubName(first) && IsHubName(second) && !IsAlike(first, second);

    /// <summary>Whether two names may well be of one model: without the owner or the way to the folder they are the same.</summary>
    public static bool IsAlike(string one, string two) => string.Equals(LastPart(WithoutPath(one)!), LastPart(WithoutPath(two)!), StringComparison.OrdinalIgnoreCase);

    static bool IsHubName(string name) => HubName().IsMatch(name) && !folders.Contains(name[..name.IndexOf('/')]);

    static string? OfSnapshot(string path)
    {
        string[] parts = path.Split(['/', '\\'], StringSplitOptions.RemoveEmptyEntries);
        // Of a file or folder in the snapshot too.
        int at = Array.LastIndexOf(parts, Snapshots);
        return at > 0 && parts[at - 1].StartsWith(Cached, StringComparison.Ordinal) ? parts[at - 1][Cached.Length..].Replace("--", "/", StringComparison.Ordinal) : null;
    }

    static string LastPart(string name) => name.Split(['/', '\\'], StringSplitOptions.RemoveEmptyEntries) is [.., var last] ? last : name;

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9._-]*/[A-Za-z0-9_][A-Za-z0-9._-]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex HubName();
}

namespace LoraComposition.FewShot;

/// <summary>Counts what a search for pictures passed over, and names some of it.</summary>
internal sealed class PassedOver
{
    const int MostNames = 5;

    readonly Dictionary<string, List<string>> byReason = new(StringComparer.Ordinal);

    /// <summary>Adds an entry.</summary>
    /// <param name="reason">Why it was passed over, such as "files that are no pictures".</param>
    /// <param name="name">The entry.</param>
    public void Add(string reason, string name)
    {
        if (!byReason.TryGetValue(reason, out var names)) byReason.Add(reason, names = []);
        names.Add(name);
    }

    /// <summary>All of it in one line; null where nothing was passed over.</summary>
    /// <param name="place">Where it was found.</param>
    public string? Line(string place) => byReason.Count == 0 ? null
        : $"{place}: passed over {string.Join("; ", byReason.Select(reason => $"{reason.Value.Count} {reason.Key} ({NameList.Listed(reason.Value, MostNames)})"))}.";

    /// <summary>As <see cref="Line"/>, to be put behind a message; empty where nothing was passed over.</summary>
    /// <param name="place">Where it was found.</param>
    public string Behind(string place) => Line(place) is { } line ? $" {line}" : "";
}

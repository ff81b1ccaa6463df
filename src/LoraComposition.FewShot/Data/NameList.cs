namespace LoraComposition.FewShot;

/// <summary>Lists of names in messages.</summary>
internal static class NameList
{
    /// <summary>The first names, and how many more there are.</summary>
    /// <param name="names">All names.</param>
    /// <param name="most">The most that are written out.</param>
    public static string Listed(IReadOnlyCollection<string> names, int most) => names.Count <= most ? string.Join(", ", names)
        : $"{string.Join(", ", names.Take(most))} and {names.Count - most} more";
}

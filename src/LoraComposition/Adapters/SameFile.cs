namespace LoraComposition;

/// <summary>Finds adapters that are one file under several names.</summary>
static class SameFile
{
    /// <summary>A sentence for each file that counts more than once.</summary>
    /// <param name="adapters">The adapters; those without a fingerprint are of no file.</param>
    public static IEnumerable<string> Warnings(IEnumerable<(string Name, string? Fingerprint)> adapters) =>
        adapters.Where(adapter => adapter.Fingerprint is not null).GroupBy(adapter => adapter.Fingerprint!, StringComparer.Ordinal).Where(group => group.Count() > 1)
            .Select(group => $"Adapters {string.Join(", ", group.Select(adapter => $"'{adapter.Name}'"))} are the same file, which so counts {group.Count()} times.");
}

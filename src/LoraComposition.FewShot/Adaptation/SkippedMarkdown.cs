namespace LoraComposition.FewShot;

/// <summary>What was left out of the data, for people to read.</summary>
static class SkippedMarkdown
{
    const int MostItems = 100;

    /// <summary>The list with its head; empty where nothing is left out.</summary>
    public static string Of(IReadOnlyList<SkippedSample> all) => all.Count == 0 ? ""
        : $"\nLeft out:\n\n{string.Concat(all.Take(MostItems).Select(sample => $"- {MarkdownTable.Escape($"{sample.Name}: {sample.Reason}".ReplaceLineEndings(" "))}\n"))}"
            + (all.Count > MostItems ? $"- and {all.Count - MostItems} more\n" : "");
}

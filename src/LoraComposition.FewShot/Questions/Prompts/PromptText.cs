namespace LoraComposition.FewShot;

/// <summary>How texts of a data set become parts of a prompt.</summary>
internal static class PromptText
{
    /// <summary>Puts a space in place of each line feed.</summary>
    public static string OneLine(string text) => text.Replace('\n', ' ');

    /// <summary>Puts one space in place of every run of white space and of every <c>\n</c> that is spelled out, and none at the ends.</summary>
    public static string Collapse(string text) =>
        string.Join(' ', text.Replace("\\n", " ", StringComparison.Ordinal).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}

using System.Text.RegularExpressions;

namespace LoraComposition;

/// <summary>
/// The fingerprint of a base model in an adapter's file: two SHA-256 sums over its weights, rounded to bfloat16 and to float16, with a dash between them.
/// </summary>
internal static partial class BaseFingerprint
{
    /// <summary>The text entry of the weights file.</summary>
    public const string Key = "lora_composition.base";

    /// <summary>Reads the entry.</summary>
    /// <param name="metadata">All text entries of the file.</param>
    /// <param name="problem">What is wrong with the entry; null where nothing is, or there is none.</param>
    /// <returns>The fingerprint; null where there is none that can be read.</returns>
    public static string? Parse(IReadOnlyDictionary<string, string> metadata, out string? problem)
    {
        problem = null;
        if (metadata.GetValueOrDefault(Key) is not { } text) return null;
        if (IsOne(text)) return text;
        problem = $"the base model's fingerprint in '{Key}' cannot be read and is passed over.";
        return null;
    }

    /// <summary>Whether a text is such a fingerprint.</summary>
    public static bool IsOne(string text) => Sums().IsMatch(text);

    /// <summary>Whether two fingerprints are of different weights. Weights that were rounded to one of the two types agree in one of the sums.</summary>
    public static bool Contradict(string one, string two)
    {
        int half = one.IndexOf('-');
        return one[..half] != two[..half] && one[half..] != two[half..];
    }

    [GeneratedRegex(@"\A[0-9a-f]{64}-[0-9a-f]{64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Sums();
}

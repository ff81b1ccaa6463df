using System.Globalization;
using System.Text.RegularExpressions;

namespace LoraComposition.Text;

/// <summary>The tokens that are written out in texts and are no pieces: the end, the padding, the unknown and the extra ids.</summary>
internal static partial class T5SpecialTokens
{
    const string ExtraStart = "<extra_id_";

    /// <summary>The id of a token that is written out; null where the text is none.</summary>
    /// <param name="token">The text.</param>
    /// <param name="extraIds">How many extra ids there are.</param>
    /// <param name="pieceCount">The size of the vocabulary without them.</param>
    /// <param name="unknownId">The id of what the vocabulary does not hold.</param>
    public static int? IdOf(ReadOnlySpan<char> token, int extraIds, int pieceCount, int unknownId) => token switch
    {
        T5Tokenizer.PadToken => T5Tokenizer.PadId,
        T5Tokenizer.EndToken => T5Tokenizer.EndId,
        T5Tokenizer.UnknownToken => unknownId,
        // From the top down: <extra_id_0> is the last id.
        _ when Extra(token) is { } n && n < extraIds => pieceCount + extraIds - 1 - n,
        _ => null,
    };

    /// <summary>Whether a token is one of T5's extra ids.</summary>
    public static bool IsExtra(string token) => Extra(token) is not null;

    /// <summary>How an extra id is written.</summary>
    public static string NameOfExtra(int n) => $"{ExtraStart}{n}>";

    /// <summary>Where a text may hold such tokens.</summary>
    [GeneratedRegex("<(?:pad|unk|/s|extra_id_(?:0|[1-9][0-9]{0,4}))>", RegexOptions.CultureInvariant)]
    public static partial Regex Candidates();

    static int? Extra(ReadOnlySpan<char> token) =>
        token.StartsWith(ExtraStart, StringComparison.Ordinal) && Candidates().IsMatch(token)
            && int.TryParse(token[ExtraStart.Length..^1], NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : null;
}

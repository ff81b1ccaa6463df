using System.Buffers;
using LoraComposition.Models;

namespace LoraComposition.Text;

/// <summary>All tokens that stand for themselves in texts: the end, the padding, the unknown, the extra ids, and those that were added to the vocabulary.</summary>
internal sealed class T5Tokens
{
    /// <summary>The most tokens that may be added, and the most characters of one.</summary>
    public const int Most = 10_000, LongestText = 512;

    const int LargestId = 1 << 20, LongestSpecial = 18;

    readonly int pieceCount;
    readonly int unknownId;
    readonly Dictionary<int, AddedToken> byId = [];
    readonly Dictionary<char, AddedToken[]> byStart;
    readonly SearchValues<char> starts;

    /// <summary>Gives every token its id.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="pieces">The vocabulary without added tokens.</param>
    /// <param name="unknownId">The id of what the vocabulary does not hold.</param>
    /// <param name="extraIds">The number of T5's extra ids behind it, from the top down.</param>
    /// <param name="added">The other tokens; one that is there already is passed over.</param>
    /// <exception cref="CheckpointException">Two tokens have one id, or one has two.</exception>
    public T5Tokens(string path, IReadOnlyList<SentencePiece> pieces, int unknownId, int extraIds, IEnumerable<AddedToken> added)
    {
        (pieceCount, this.unknownId, ExtraIds) = (pieces.Count, unknownId, extraIds);
        Size = pieceCount + extraIds;
        var texts = new Dictionary<string, int>(StringComparer.Ordinal);
        // Those with an id of their own first, so that the others come behind them.
        foreach (var token in added.OrderBy(token => token.Id is null))
        {
            if (token.Text.Length is 0 or > LongestText || token.Id is < 0 or >= LargestId || texts.Count >= Most)
                throw new CheckpointException(path, $"expected at most {Most} added tokens of 1 to {LongestText} characters and ids from 0 to {LargestId - 1}, found more, or '{Files.Excerpt.Of(token.Text)}' with id {token.Id}.");
            int? own = T5SpecialTokens.IdOf(token.Text, extraIds, pieceCount, unknownId) ?? (texts.TryGetValue(token.Text, out int before) ? before : null);
            if (own is { } known)
            {
                if (token.Id is { } other && other != known)
                    throw new CheckpointException(path, $"the token '{Files.Excerpt.Of(token.Text)}' has the id {other}, expected {known}: T5's special tokens have ids of their own, the extra ids from {pieceCount + extraIds - 1} downwards, and no token has two.");
                continue;
            }
            int id = token.Id ?? Size;
            // A piece may be listed too, so that it is found whole.
            bool isPiece = id < pieceCount && pieces[id].Text == token.Text;
            if (T5SpecialTokens.IsExtra(token.Text) && extraIds > 0)
                throw new CheckpointException(path, $"found '{token.Text}', expected <extra_id_0> to <extra_id_{extraIds - 1}> alone.");
            if (!isPiece && (id < pieceCount + extraIds || byId.ContainsKey(id)))
                throw new CheckpointException(path, $"the token '{Files.Excerpt.Of(token.Text)}' has the id {id}, which another has already.");
            texts.Add(token.Text, id);
            byId.Add(id, token with { Id = id });
            Size = Math.Max(Size, id + 1);
        }
        // The longest of those that begin alike is the one that is meant.
        byStart = byId.Values.GroupBy(token => token.Text[0]).ToDictionary(group => group.Key, group => group.OrderByDescending(token => token.Text.Length).ToArray());
        starts = SearchValues.Create([.. byStart.Keys.Append('<').Distinct()]);
    }

    /// <summary>The number of T5's extra ids, wherever they stand.</summary>
    public int ExtraIdCount => ExtraIds + byId.Values.Count(token => T5SpecialTokens.IsExtra(token.Text));

    /// <summary>The number of ids, from 0 to the largest.</summary>
    public int Size { get; }

    int ExtraIds { get; }

    /// <summary>The added token or extra id that an id means; null where it means a piece or nothing.</summary>
    public AddedToken? Find(int id)
    {
        if (byId.TryGetValue(id, out var added)) return added;
        int extra = pieceCount + ExtraIds - 1 - id;
        return id >= pieceCount && extra >= 0 ? new AddedToken(T5SpecialTokens.NameOfExtra(extra), id, IsSpecial: true) : null;
    }

    /// <summary>The first token in a text from a position on.</summary>
    /// <returns>Where it stands, how long it is and its id; null where there is none.</returns>
    public (int Index, int Length, int Id)? Next(string text, int from)
    {
        for (int i = from; i < text.Length; i++)
        {
            int step = text.AsSpan(i).IndexOfAny(starts);
            if (step < 0) return null;
            i += step;
            var special = Special(text, i);
            if (Added(text, i) is { } added && added.Length >= (special?.Length ?? 0)) return added;
            if (special is not null) return special;
        }
        return null;
    }

    (int, int Length, int)? Added(string text, int at)
    {
        if (!byStart.TryGetValue(text[at], out var tokens)) return null;
        foreach (var token in tokens)
        {
            if (!text.AsSpan(at).StartsWith(token.Text, StringComparison.Ordinal)) continue;
            int end = at + token.Text.Length;
            if (token.IsWord && ((at > 0 && IsOfWord(text[at - 1])) || (end < text.Length && IsOfWord(text[end])))) continue;
            return (at, token.Text.Length, token.Id!.Value);
        }
        return null;
    }

    (int, int Length, int)? Special(string text, int at)
    {
        if (text[at] != '<') return null;
        var rest = text.AsSpan(at, Math.Min(LongestSpecial, text.Length - at));
        int length = rest.IndexOf('>') + 1;
        return length > 0 && T5SpecialTokens.IdOf(rest[..length], ExtraIds, pieceCount, unknownId) is { } id ? (at, length, id) : null;
    }

    static bool IsOfWord(char c) => char.IsLetterOrDigit(c) || c == '_';
}

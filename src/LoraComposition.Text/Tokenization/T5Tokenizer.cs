using System.Text;
using LoraComposition.Models;
using static TorchSharp.torch;

namespace LoraComposition.Text;

/// <summary>
/// The tokenizer of T5, mT5 and UMT5: a SentencePiece unigram model, an end token after each text, and extra ids above the vocabulary. Its ids are those of
/// transformers. Where the model has pieces of bytes, as those of mT5 and UMT5, characters that it does not know are written by them.
/// </summary>
/// <remarks>May be used by several threads at once.</remarks>
public sealed class T5Tokenizer
{
    /// <summary>The id that fills batches up, and with which T5's decoder starts: 0.</summary>
    public const int PadId = 0;

    /// <summary>The id that ends every text: 1.</summary>
    public const int EndId = 1;

    internal const string PadToken = "<pad>", EndToken = "</s>", UnknownToken = "<unk>";
    const string ModelFile = "spiece.model", JsonFile = "tokenizer.json";

    // How sentencepiece shows what it does not know, and the blank inside pieces.
    const string UnknownSurface = " \u2047 ";
    const char Blank = '\u2581';

    readonly SentencePieceModel model;
    readonly T5Tokens tokens;

    T5Tokenizer(SentencePieceModel model, T5Tokens tokens) => (this.model, this.tokens) = (model, tokens);

    /// <summary>The id of a run of characters that the vocabulary does not hold: 2 for T5 and mT5.</summary>
    public int UnknownId => model.UnknownId;

    /// <summary>How many ids there are, the extra ids and added tokens among them: 32,100 for T5. The model's embedding may have more rows.</summary>
    public int VocabularySize => tokens.Size;

    /// <summary>
    /// How many tokens <c>&lt;extra_id_0&gt;</c>, <c>&lt;extra_id_1&gt;</c>, … there are: beside a <c>spiece.model</c> 100 where the configuration does not say
    /// otherwise, and the first has the last id; a <c>tokenizer.json</c> lists them.
    /// </summary>
    public int ExtraIdCount => tokens.ExtraIdCount;

    /// <summary>Loads the tokenizer of a checkpoint.</summary>
    /// <param name="folder">A folder that holds <c>spiece.model</c>, or else a <c>tokenizer.json</c> with a unigram model, and perhaps
    /// <c>tokenizer_config.json</c>, <c>added_tokens.json</c> and <c>special_tokens_map.json</c>, whose added tokens are read.</param>
    /// <returns>The tokenizer.</returns>
    /// <exception cref="CheckpointException">A file is missing or damaged, or describes another tokenizer than T5's.</exception>
    public static T5Tokenizer Load(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (!Directory.Exists(folder)) throw new CheckpointException(folder, $"the folder is missing; give a folder that holds {ModelFile} or {JsonFile}.");
        string spiece = Path.Combine(folder, ModelFile), json = Path.Combine(folder, JsonFile), config = Path.Combine(folder, T5TokenizerConfig.ConfigFile);
        if (File.Exists(spiece) || !File.Exists(json))
        {
            var model = SentencePieceModel.Load(spiece);
            var (count, beside) = T5TokenizerConfig.Read(folder);
            return new(model, new T5Tokens(File.Exists(config) ? config : folder, model.Pieces, model.UnknownId, count ?? T5TokenizerConfig.DefaultExtraIds, beside));
        }
        var (file, extraIds, added) = TokenizerJson.Read(json);
        var (asked, others) = T5TokenizerConfig.Read(folder);
        // Extra ids that the vocabulary lacks are added behind it, the first one first, as transformers does.
        var lacking = Enumerable.Range(0, extraIds > 0 ? 0 : asked ?? 0).Select(n => new AddedToken(T5SpecialTokens.NameOfExtra(n), null, IsSpecial: true));
        return new(SentencePieceModel.Of(file), new T5Tokens(json, file.Pieces, file.UnknownId, extraIds, [.. added, .. others, .. lacking]));
    }

    /// <summary>The ids of a text, the end token last.</summary>
    /// <param name="text">The text. <c>&lt;extra_id_N&gt;</c>, <c>&lt;/s&gt;</c>, <c>&lt;pad&gt;</c>, <c>&lt;unk&gt;</c> and added tokens in it stand for their ids.</param>
    /// <param name="maxLength">The most ids, the end token among them, which a shortened text keeps; at least 1. No limit where not given.</param>
    /// <returns>The ids; <see cref="EndId"/> alone for an empty text.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The limit is below 1.</exception>
    /// <exception cref="CheckpointException">The model's table of characters is damaged, which shows only now.</exception>
    public IReadOnlyList<int> Encode(string text, int? maxLength = null)
    {
        if (maxLength is { } limit) ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1, nameof(maxLength));
        var ids = new List<int>();
        Walk(text, part => model.Encode(part, ids), (_, id) => ids.Add(id));
        if (ids.Count >= maxLength) ids.RemoveRange(maxLength.Value - 1, ids.Count - maxLength.Value + 1);
        ids.Add(EndId);
        return ids;
    }

    /// <summary>The pieces that a text is cut into, without the end token, to look at.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The pieces, ▁ for a blank; for an unknown piece the characters that it stands for.</returns>
    /// <exception cref="CheckpointException">The model's table of characters is damaged, which shows only now.</exception>
    public IReadOnlyList<string> Cut(string text)
    {
        var pieces = new List<string>();
        Walk(text, part => model.Cut(part, pieces), (token, _) => pieces.Add(token));
        return pieces;
    }

    /// <summary>The ids of several texts in one tensor.</summary>
    /// <param name="texts">The texts, at least one.</param>
    /// <param name="maxLength">The most tokens of a text, the end token among them, which a shortened text keeps; at least 1. No limit where not given.</param>
    /// <param name="device">Where the tensors go; the CPU where not given.</param>
    /// <returns>Ids and mask, padded to the longest text. The caller owns it.</returns>
    /// <exception cref="ArgumentException">There are no texts.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The limit is below 1.</exception>
    /// <exception cref="CheckpointException">The model's table of characters is damaged, which shows only now.</exception>
    public TokenBatch EncodeBatch(IReadOnlyList<string> texts, int? maxLength = null, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(texts);
        if (texts.Count == 0) throw new ArgumentException("A batch needs at least one text.", nameof(texts));
        return TokenBatch.Pad([.. texts.Select(text => Encode(text, maxLength))], device);
    }

    /// <summary>The text of ids.</summary>
    /// <param name="ids">The ids. One above the vocabulary, which a model with spare rows can give, counts as unknown.</param>
    /// <param name="skipSpecial">
    /// Whether to leave out the end, the padding and the extra ids and to write an unknown piece as sentencepiece does, " ⁇ "; else all are written
    /// out as in texts to encode. Leaving out is the default.
    /// </param>
    /// <returns>The text, without the blank in front that encoding adds.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An id is negative, such as the −100 of labels.</exception>
    public string Decode(IEnumerable<int> ids, bool skipSpecial = true)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var text = new StringBuilder();
        var bytes = new List<byte>();
        foreach (int id in ids)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(id, nameof(ids));
            if (model.ByteOf(id) is { } value)
            {
                bytes.Add(value);
                continue;
            }
            AppendBytes(text, bytes);
            Append(text, id, skipSpecial);
        }
        AppendBytes(text, bytes);
        return text.ToString();
    }

    /// <summary>The texts of a batch of ids, such as a model generates.</summary>
    /// <param name="ids"><c>[batch, tokens]</c>, int64. Not owned.</param>
    /// <param name="skipSpecial">Whether to leave special tokens out, as in <see cref="Decode"/>.</param>
    /// <returns>A text for each row.</returns>
    /// <exception cref="ArgumentException">The tensor has another shape or type.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An id is negative, such as the −100 of labels.</exception>
    public IReadOnlyList<string> DecodeBatch(Tensor ids, bool skipSpecial = true)
    {
        ArgumentNullException.ThrowIfNull(ids);
        if (ids.dim() != 2 || ids.dtype != ScalarType.Int64)
            throw new ArgumentException($"Expected ids [batch, tokens], int64, found [{string.Join(", ", ids.shape)}], {ids.dtype}.", nameof(ids));
        using var scope = NewDisposeScope();
        long[] values = [.. ids.cpu().contiguous().data<long>()];
        int tokens = (int)ids.shape[1];
        return [.. Enumerable.Range(0, (int)ids.shape[0]).Select(row => Decode(values.Skip(row * tokens).Take(tokens)
            .Select(id => (int)Math.Clamp(id, int.MinValue, int.MaxValue)), skipSpecial))];
    }

    // Text between special tokens is cut as if it stood alone: it gets a blank in front, and blanks at its ends go.
    void Walk(string text, Action<string> onText, Action<string, int> onToken)
    {
        ArgumentNullException.ThrowIfNull(text);
        int start = 0;
        while (tokens.Next(text, start) is var (index, length, id))
        {
            onText(text[start..index]);
            onToken(text.Substring(index, length), id);
            start = index + length;
        }
        onText(text[start..]);
    }

    // As sentencepiece: one sign for each byte that is no part of a character.
    static void AppendBytes(StringBuilder text, List<byte> bytes)
    {
        for (var rest = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes); !rest.IsEmpty;)
        {
            bool whole = Rune.DecodeFromUtf8(rest, out var character, out int length) == System.Buffers.OperationStatus.Done;
            text.Append(character);
            rest = rest[(whole ? length : 1)..];
        }
        bytes.Clear();
    }

    void Append(StringBuilder text, int id, bool skipSpecial)
    {
        if (tokens.Find(id) is { } added)
        {
            if (!skipSpecial || !added.IsSpecial) text.Append(added.Text);
            return;
        }
        if (id < model.Pieces.Count && model.Pieces[id].Type == SentencePieceType.Control)
        {
            if (!skipSpecial) text.Append(model.Pieces[id].Text);
            return;
        }
        if (id >= model.Pieces.Count || id == UnknownId)
        {
            text.Append(skipSpecial ? UnknownSurface : UnknownToken);
            return;
        }
        string piece = model.Pieces[id].Text;
        // No blank starts a text.
        text.Append(text.Length == 0 && piece[0] == Blank ? piece[1..].Replace(Blank, ' ') : piece.Replace(Blank, ' '));
    }
}

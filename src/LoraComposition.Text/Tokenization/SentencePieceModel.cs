using System.Text;
using LoraComposition.Models;
using Microsoft.ML.Tokenizers;

namespace LoraComposition.Text;

/// <summary>A SentencePiece unigram model: text without special tokens to pieces, as sentencepiece itself does it.</summary>
internal sealed class SentencePieceModel
{
    readonly SentencePieceFile file;
    readonly SentencePieceTokenizer tokenizer;

    SentencePieceModel(SentencePieceFile file, SentencePieceTokenizer tokenizer) => (this.file, this.tokenizer) = (file, tokenizer);

    /// <summary>The vocabulary in the order of the ids.</summary>
    public IReadOnlyList<SentencePiece> Pieces => file.Pieces;

    /// <summary>The id of what the vocabulary does not hold.</summary>
    public int UnknownId => file.UnknownId;

    /// <summary>Loads a model.</summary>
    /// <exception cref="CheckpointException">The file is missing, damaged or no model of T5.</exception>
    public static SentencePieceModel Load(string path) => Of(SentencePieceFile.Read(path));

    /// <summary>Makes a model of a file that was read.</summary>
    /// <exception cref="CheckpointException">It cannot be used.</exception>
    public static SentencePieceModel Of(SentencePieceFile file)
    {
        // T5 has no piece that begins a text, id −1, with which the package leaves its arrays. A second trainer_spec is merged with the
        // first: one that sets bos_id, field 41, to 1. The piece is never asked for. It also clears byte_fallback, field 35: the package looks for the
        // pieces of the bytes at the wrong ids.
        byte[] remedied = [.. file.Bytes, 0x12, 0x06, 0xC8, 0x02, 0x01, 0x98, 0x02, 0x00];
        try
        {
            return new(file, SentencePieceTokenizer.Create(new MemoryStream(remedied), addBeginningOfSentence: false, addEndOfSentence: false));
        }
        catch (Exception e) when (IsOfDamage(e))
        {
            throw new CheckpointException(file.Path, $"expected a SentencePiece model, found one that cannot be used: {e.Message}; fetch the file again.", e);
        }
    }

    /// <summary>Adds the ids of a text.</summary>
    /// <exception cref="CheckpointException">The model's table of characters is damaged, and the text led there.</exception>
    public void Encode(string text, List<int> ids)
    {
        int start = ids.Count;
        foreach (var (id, _) in Walk(text))
        {
            // One unknown piece stands for a whole run of unknown characters.
            if (id != UnknownId || ids.Count == start || ids[^1] != UnknownId) ids.Add(id);
        }
    }

    /// <summary>Adds the pieces of a text; an unknown one is the text it stands for.</summary>
    /// <exception cref="CheckpointException">The model's table of characters is damaged, and the text led there.</exception>
    public void Cut(string text, List<string> pieces)
    {
        bool unknown = false;
        foreach (var (id, piece) in Walk(text))
        {
            if (unknown && id == UnknownId) pieces[^1] += piece;
            else pieces.Add(piece);
            unknown = id == UnknownId;
        }
    }

    /// <summary>The byte that a piece stands for; null where it is a text.</summary>
    public byte? ByteOf(int id) => file.ByteIds is not null && id < Pieces.Count && Pieces[id].Type == SentencePieceType.Byte ? SentencePieceFile.ValueOf(Pieces[id].Text) : null;

    IEnumerable<(int Id, string Piece)> Walk(string text)
    {
        foreach (var token in Use(() => tokenizer.EncodeToTokens(text, out _)))
        {
            if (token.Id != UnknownId || file.ByteIds is not { } bytes)
            {
                yield return (token.Id, token.Value);
                continue;
            }
            foreach (byte value in Encoding.UTF8.GetBytes(token.Value)) yield return (bytes[value], SentencePieceFile.NameOf(value));
        }
    }

    IReadOnlyList<T> Use<T>(Func<IReadOnlyList<T>> encode)
    {
        try
        {
            return encode();
        }
        catch (Exception e) when (IsOfDamage(e))
        {
            throw new CheckpointException(file.Path, $"the table of characters is damaged: {e.Message}; fetch the file again.", e);
        }
    }

    // What the package throws where a file leads it outside its arrays, and Google's reader for what is no message.
    static bool IsOfDamage(Exception e) =>
        e is ArgumentException or IndexOutOfRangeException or InvalidOperationException or IOException or OverflowException or KeyNotFoundException;
}

using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using LoraComposition.Files;
using LoraComposition.Models;

namespace LoraComposition.Text;

/// <summary>
/// Reads a <c>tokenizer.json</c>, the other form in which T5's vocabulary comes, by writing it out as the SentencePiece model that it was made of: so both forms
/// are checked and cut by the same code.
/// </summary>
internal sealed class TokenizerJson
{
    const int Largest = 64 << 20, MostPieces = 1 << 20;

    readonly ConfigFields fields;
    readonly List<byte> model = [];
    int unknownId;
    bool byteFallback;

    TokenizerJson(ConfigFields fields) => this.fields = fields;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The vocabulary, the number of extra ids at its end, and the tokens that the file adds.</returns>
    /// <exception cref="CheckpointException">The file is missing or damaged, is no unigram model, or asks for what T5 does not do.</exception>
    public static (SentencePieceFile Model, int ExtraIds, IReadOnlyList<AddedToken> Added) Read(string path)
    {
        using var document = JsonFile.Read(path, Largest, (message, cause) => new CheckpointException(path, message, cause));
        var file = new TokenizerJson(new ConfigFields(path, document.RootElement));
        int extraIds = file.WritePieces();
        file.WriteSettings();
        var read = SentencePieceFile.Read(path, [.. file.model]);
        return (read, extraIds, file.Added());
    }

    int WritePieces()
    {
        var unigram = fields.Section("model") ?? throw new CheckpointException(fields.Path, "the setting model is missing; give the tokenizer.json of a T5 checkpoint.");
        if (unigram.Text("type") is var type && type != "Unigram") throw unigram.Expected("model.type", "\"Unigram\", as T5 has,", unigram.Find("type") ?? default);
        byteFallback = unigram.Flag("byte_fallback") == true;
        var unknown = unigram.Count("unk_id");
        if (unknown is null or <= T5Tokenizer.EndId)
            throw new CheckpointException(fields.Path, $"expected {T5Tokenizer.EndId + 1} or more for model.unk_id, found {unknown?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "none"}.");
        unknownId = unknown.Value;
        if (unigram.Find("vocab") is not { ValueKind: JsonValueKind.Array } vocabulary || vocabulary.GetArrayLength() > MostPieces)
            throw new CheckpointException(fields.Path, $"expected for model.vocab a list of at most {MostPieces} pieces, each with its score.");
        var pieces = vocabulary.EnumerateArray().Select((entry, id) => Piece(unigram, entry, id)).ToArray();
        // The extra ids stand behind the pieces, from the top down.
        int extraIds = 0;
        while (extraIds < pieces.Length && pieces[^(extraIds + 1)].Text == T5SpecialTokens.NameOfExtra(extraIds)) extraIds++;
        foreach (var (id, (text, score)) in pieces[..^extraIds].Index()) WritePiece(id, text, score);
        return extraIds;
    }

    static (string Text, float Score) Piece(ConfigFields unigram, JsonElement entry, int id) =>
        entry.ValueKind == JsonValueKind.Array && entry.GetArrayLength() == 2 && entry[0].ValueKind == JsonValueKind.String
            && entry[1].ValueKind == JsonValueKind.Number && entry[1].TryGetSingle(out float score) && float.IsFinite(score)
            ? (entry[0].GetString()!, score) : throw unigram.Expected($"model.vocab[{id}]", "a piece and its score", entry);

    void WritePiece(int id, string text, float score)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text), number = new byte[sizeof(float)];
        BinaryPrimitives.WriteSingleLittleEndian(number, score);
        var piece = new List<byte>();
        Bytes(piece, 1, utf8);
        piece.AddRange([2 << 3 | 5, .. number]);
        // What stands in front of the unknown begins texts elsewhere.
        var type = id == unknownId ? SentencePieceType.Unknown : id < unknownId ? SentencePieceType.Control
            : byteFallback && SentencePieceFile.ValueOf(text) is not null ? SentencePieceType.Byte : SentencePieceType.Normal;
        string? expected = id == unknownId ? T5Tokenizer.UnknownToken : id == T5Tokenizer.PadId ? T5Tokenizer.PadToken : id == T5Tokenizer.EndId ? T5Tokenizer.EndToken : null;
        if (expected is not null && text != expected)
            throw new CheckpointException(fields.Path, $"expected {expected} as piece {id}, found '{Excerpt.Of(text)}'; give the tokenizer.json of a T5 checkpoint.");
        Number(piece, 3, (int)type);
        Bytes(model, 1, [.. piece]);
    }

    void WriteSettings()
    {
        var trainer = new List<byte>();
        Number(trainer, 3, 1);   // unigram
        if (byteFallback) Number(trainer, 35, 1);
        Number(trainer, 40, unknownId);
        Number(trainer, 42, T5Tokenizer.EndId);
        Number(trainer, 43, T5Tokenizer.PadId);
        Bytes(model, 2, [.. trainer]);
        var normalizer = new List<byte>();
        CheckBlanks();
        if (CharacterMap() is { Length: > 0 } map) Bytes(normalizer, 2, map);
        foreach (int flag in (int[])[3, 4, 5]) Number(normalizer, flag, 1);
        Bytes(model, 3, [.. normalizer]);
    }

    /// <summary>The table of characters; null where characters stay as they are.</summary>
    byte[]? CharacterMap()
    {
        byte[]? map = null;
        foreach (var step in Steps("normalizer", "normalizers"))
        {
            switch (step.Text("type"))
            {
                case "Precompiled" when map is null:
                    var text = step.Find("precompiled_charsmap");
                    if (text is null) break;
                    if (text.Value.ValueKind != JsonValueKind.String || !text.Value.TryGetBytesFromBase64(out map))
                        throw step.Expected("normalizer.precompiled_charsmap", "Base64", text.Value);
                    break;
                // Runs of blanks become one, and those at the ends go, in any case.
                case "Strip" or "Replace" or "Nmt": break;
                default: throw step.Expected("normalizer.type", "T5's table of characters (Precompiled)", step.Find("type") ?? default);
            }
        }
        return map;
    }

    void CheckBlanks()
    {
        foreach (var step in Steps("pre_tokenizer", "pretokenizers"))
        {
            switch (step.Text("type"))
            {
                case "WhitespaceSplit": break;
                case "Metaspace":
                    if (step.Flag("add_prefix_space") == false || step.Text("prepend_scheme") == "never" || (step.Text("replacement") is { } blank && blank != "\u2581"))
                        throw new CheckpointException(fields.Path, "pre_tokenizer: expected T5's blanks (\u2581, one put in front), found others; give the tokenizer.json of a T5 checkpoint.");
                    break;
                default: throw step.Expected("pre_tokenizer.type", "WhitespaceSplit or Metaspace", step.Find("type") ?? default);
            }
        }
    }

    IEnumerable<ConfigFields> Steps(string setting, string list)
    {
        if (fields.Section(setting) is not { } step) return [];
        if (step.Text("type") != "Sequence") return [step];
        if (step.Find(list) is not { ValueKind: JsonValueKind.Array } steps || steps.EnumerateArray().Any(inner => inner.ValueKind != JsonValueKind.Object))
            throw new CheckpointException(fields.Path, $"expected a list of steps for {setting}.{list}.");
        return [.. steps.EnumerateArray().Select(inner => new ConfigFields(fields.Path, inner))];
    }

    List<AddedToken> Added()
    {
        if (fields.Find("added_tokens") is not { } list) return [];
        if (list.ValueKind != JsonValueKind.Array) throw fields.Expected("added_tokens", "a list", list);
        var added = new List<AddedToken>();
        foreach (var entry in list.EnumerateArray())
        {
            if (entry.ValueKind != JsonValueKind.Object || !entry.TryGetProperty("id", out var number) || number.ValueKind != JsonValueKind.Number || !number.TryGetInt32(out int id))
                throw fields.Expected("added_tokens", "tokens with their ids", entry);
            added.Add(T5TokenizerConfig.Token(fields, "added_tokens", entry, id));
        }
        return added;
    }

    static void Bytes(List<byte> to, int field, byte[] content)
    {
        Varint(to, (uint)field << 3 | 2);
        Varint(to, (uint)content.Length);
        to.AddRange(content);
    }

    static void Number(List<byte> to, int field, int value)
    {
        Varint(to, (uint)field << 3);
        Varint(to, (uint)value);
    }

    static void Varint(List<byte> to, uint value)
    {
        for (; value >= 0x80; value >>= 7) to.Add((byte)(value | 0x80));
        to.Add((byte)value);
    }
}

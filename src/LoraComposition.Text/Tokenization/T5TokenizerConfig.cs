using System.Globalization;
using System.Text.Json;
using LoraComposition.Files;
using LoraComposition.Models;

namespace LoraComposition.Text;

/// <summary>Reads the part of <c>tokenizer_config.json</c> that T5 uses, and refuses what would give other ids.</summary>
internal static class T5TokenizerConfig
{
    public const int DefaultExtraIds = 100;
    const int Largest = 1 << 20, MostExtraIds = 10_000;

    /// <summary>The number of extra ids. Where the file leaves it out: 100.</summary>
    /// <param name="path">The file.</param>
    /// <param name="pieceCount">The size of the vocabulary without the extra ids.</param>
    /// <exception cref="CheckpointException">The file is damaged or describes another tokenizer.</exception>
    public static int ReadExtraIds(string path, int pieceCount)
    {
        using var document = JsonFile.Read(path, Largest, (message, cause) => new CheckpointException(path, message, cause));
        var fields = new ConfigFields(path, document.RootElement);
        if (fields.Text("tokenizer_class") is { } type && type is not ("T5Tokenizer" or "T5TokenizerFast"))
            throw fields.Expected("tokenizer_class", "T5Tokenizer", fields.Find("tokenizer_class")!.Value);
        CheckToken(fields, "pad_token", T5Tokenizer.PadToken);
        CheckToken(fields, "eos_token", T5Tokenizer.EndToken);
        CheckToken(fields, "unk_token", T5Tokenizer.UnknownToken);
        int count = fields.Count("extra_ids") ?? DefaultExtraIds;
        if (count > MostExtraIds) throw fields.Expected("extra_ids", $"at most {MostExtraIds}", fields.Find("extra_ids")!.Value);
        CheckExtra(fields, count);
        CheckAdded(fields, count, pieceCount);
        return count;
    }

    static void CheckToken(ConfigFields fields, string name, string token)
    {
        if (fields.Find(name) is { } value && Content(value) != token) throw fields.Expected(name, $"\"{token}\"", value);
    }

    static void CheckExtra(ConfigFields fields, int count)
    {
        if (fields.Find("additional_special_tokens") is not { } list) return;
        if (list.ValueKind != JsonValueKind.Array) throw fields.Expected("additional_special_tokens", "a list", list);
        foreach (var item in list.EnumerateArray())
            if (Content(item) is not { } token || T5SpecialTokens.IdOf(token, count, 0) is null)
                throw fields.Expected("additional_special_tokens", $"<extra_id_0> to <extra_id_{count - 1}> alone", item);
    }

    static void CheckAdded(ConfigFields fields, int count, int pieceCount)
    {
        if (fields.Find("added_tokens_decoder") is not { } map) return;
        if (map.ValueKind != JsonValueKind.Object) throw fields.Expected("added_tokens_decoder", "an object", map);
        foreach (var entry in map.EnumerateObject())
        {
            if (Content(entry.Value) is not { } token || T5SpecialTokens.IdOf(token, count, pieceCount)?.ToString(CultureInfo.InvariantCulture) != entry.Name)
                throw fields.Expected("added_tokens_decoder", $"T5's special tokens with their ids, the extra ids from {pieceCount + count - 1} downwards,",
                    entry.Value);
        }
    }

    // A token is a text, or an object with its content.
    static string? Content(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()
        : value.ValueKind == JsonValueKind.Object && value.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.String
            ? content.GetString()
        : null;
}

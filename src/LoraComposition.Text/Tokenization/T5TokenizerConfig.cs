using System.Globalization;
using System.Text.Json;
using LoraComposition.Files;
using LoraComposition.Models;

namespace LoraComposition.Text;

/// <summary>Reads the parts of <c>tokenizer_config.json</c>, <c>added_tokens.json</c> and <c>special_tokens_map.json</c> that T5 uses, and refuses what would give other ids.</summary>
internal static class T5TokenizerConfig
{
    public const int DefaultExtraIds = 100;
    /// <summary>The file that most of it stands in.</summary>
    public const string ConfigFile = "tokenizer_config.json";

    const string AddedFile = "added_tokens.json", MapFile = "special_tokens_map.json";
    const int Largest = 4 << 20, MostExtraIds = 10_000;

    // What transformers calls a tokenizer that a tokenizer.json describes whole.
    static readonly string[] classes = ["T5Tokenizer", "T5TokenizerFast", "MT5Tokenizer", "MT5TokenizerFast", "PreTrainedTokenizerFast", "TokenizersBackend"];

    /// <summary>Reads what stands beside a vocabulary.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>The number of extra ids, null where no file says it, and the tokens that are written out: those with an id first, in the order of the files.</returns>
    /// <exception cref="CheckpointException">A file is damaged or describes another tokenizer.</exception>
    public static (int? ExtraIds, IReadOnlyList<AddedToken> Added) Read(string folder)
    {
        var added = new List<AddedToken>();
        int? extraIds = null;
        if (Open(folder, ConfigFile) is { } config)
        {
            using (config.Document) extraIds = ReadConfig(config.Fields, added);
        }
        if (Open(folder, AddedFile) is { } list)
        {
            using (list.Document)
            {
                foreach (string name in list.Fields.Names.ToArray())
                    added.Add(new AddedToken(name, list.Fields.Count(name) ?? throw list.Fields.Expected(name, "an id", default), T5SpecialTokens.IsExtra(name)));
            }
        }
        if (Open(folder, MapFile) is { } map)
        {
            using (map.Document) ReadSpecial(map.Fields, added);
        }
        return (extraIds, added);
    }

    /// <summary>The tokens of <c>added_tokens_decoder</c> or a <c>tokenizer.json</c>'s list.</summary>
    /// <param name="fields">The file.</param>
    /// <param name="setting">What the entry belongs to, for messages.</param>
    /// <param name="value">The entry.</param>
    /// <param name="id">Its id.</param>
    public static AddedToken Token(ConfigFields fields, string setting, JsonElement value, int? id)
    {
        string text = Content(value) ?? throw fields.Expected(setting, "tokens, each a text or an object with its content,", value);
        bool Flag(string name) => value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var flag) && flag.ValueKind == JsonValueKind.True;
        return new AddedToken(text, id, value.ValueKind == JsonValueKind.String || Flag("special"), Flag("single_word"));
    }

    static (JsonDocument Document, ConfigFields Fields)? Open(string folder, string name)
    {
        string path = Path.Combine(folder, name);
        if (!File.Exists(path)) return null;
        var document = JsonFile.Read(path, Largest, (message, cause) => new CheckpointException(path, message, cause));
        return (document, new ConfigFields(path, document.RootElement));
    }

    static int? ReadConfig(ConfigFields fields, List<AddedToken> added)
    {
        if (fields.Text("tokenizer_class") is { } type && !classes.Contains(type))
            throw fields.Expected("tokenizer_class", "T5Tokenizer", fields.Find("tokenizer_class")!.Value);
        int? count = fields.Count("extra_ids");
        if (count > MostExtraIds) throw fields.Expected("extra_ids", $"at most {MostExtraIds}", fields.Find("extra_ids")!.Value);
        if (fields.Find("added_tokens_decoder") is { } map)
        {
            if (map.ValueKind != JsonValueKind.Object) throw fields.Expected("added_tokens_decoder", "an object", map);
            foreach (var entry in map.EnumerateObject())
            {
                if (!int.TryParse(entry.Name, NumberStyles.None, CultureInfo.InvariantCulture, out int id)) throw fields.Expected("added_tokens_decoder", "ids", entry.Value);
                added.Add(Token(fields, "added_tokens_decoder", entry.Value, id));
            }
        }
        ReadSpecial(fields, added);
        return count;
    }

    static void ReadSpecial(ConfigFields fields, List<AddedToken> added)
    {
        CheckToken(fields, "pad_token", T5Tokenizer.PadToken);
        CheckToken(fields, "eos_token", T5Tokenizer.EndToken);
        CheckToken(fields, "unk_token", T5Tokenizer.UnknownToken);
        foreach (string name in (string[])["additional_special_tokens", "extra_special_tokens"])
        {
            if (fields.Find(name) is not { } list) continue;
            if (list.ValueKind == JsonValueKind.Object) added.AddRange(list.EnumerateObject().Select(entry => Token(fields, name, entry.Value, null) with { IsSpecial = true }));
            else if (list.ValueKind == JsonValueKind.Array) added.AddRange(list.EnumerateArray().Select(item => Token(fields, name, item, null) with { IsSpecial = true }));
            else throw fields.Expected(name, "a list", list);
        }
    }

    static void CheckToken(ConfigFields fields, string name, string token)
    {
        if (fields.Find(name) is { } value && Content(value) != token) throw fields.Expected(name, $"\"{token}\"", value);
    }

    // A token is a text, or an object with its content.
    static string? Content(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()
        : value.ValueKind == JsonValueKind.Object && value.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.String
            ? content.GetString()
        : null;
}

using System.Globalization;
using System.Text;
using System.Text.Json;
using LoraComposition.Serialization;

namespace LoraComposition.Adapters;

/// <summary>Reads <c>adapter_config.json</c> strictly: wrong types, duplicates and settings beyond plain LoRA are refused.</summary>
internal sealed class PeftConfigReader
{
    const int MaxLength = 1 << 20;

    /// <summary>PEFT's default of <c>lora_alpha</c>.</summary>
    const double DefaultAlpha = 8;

    readonly string path;
    readonly JsonElement root;

    PeftConfigReader(string path, JsonElement root) => (this.path, this.root) = (path, root);

    /// <summary>Reads a configuration.</summary>
    /// <exception cref="AdapterException">The file is missing, too long, not valid JSON, or asks for something other than plain LoRA.</exception>
    public static PeftConfig Read(string path)
    {
        var text = ReadText(path);
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw new AdapterException(path, $"expected a JSON object, found {document.RootElement.ValueKind}.");
            PeftSettings.Check(document.RootElement, path);
            return new PeftConfigReader(path, document.RootElement).Parse();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // System.Text.Json throws the latter for half a surrogate pair in a text.
            throw new AdapterException(path, $"the file is not valid JSON: {e.Message}", e);
        }
    }

    static byte[] ReadText(string path)
    {
        ModelFileException Refuse(string message, Exception? cause) => new AdapterException(path, message, cause);

        var (handle, _) = RegularFile.Open(path, Refuse);
        using (handle)
        {
            var length = RandomAccess.GetLength(handle);
            if (length > MaxLength) throw Refuse($"the file is {length} bytes long, expected at most {MaxLength}.", null);
            var text = new byte[length];
            RegularFile.ReadExactly(handle, text, 0, Refuse);
            try
            {
                new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetCharCount(text);
            }
            catch (DecoderFallbackException e)
            {
                throw Refuse($"the file is not valid UTF-8 at byte {e.Index}.", e);
            }
            return text;
        }
    }

    PeftConfig Parse()
    {
        if (Find("r") is { } rank) CheckRank("r", rank);
        var ranks = Pattern("rank_pattern");
        foreach (var rankOfLayer in ranks) CheckRank($"rank_pattern of {rankOfLayer.Name}", rankOfLayer.Value);
        var alphas = Pattern("alpha_pattern").Select(alpha =>
            (PeftRegex.Ending(path, "alpha_pattern", alpha.Name), Finite($"alpha_pattern of {alpha.Name}", alpha.Value))).ToList();
        return new PeftConfig(
            Find("lora_alpha") is { } alpha ? Finite("lora_alpha", alpha) : DefaultAlpha,
            Find("use_rslora") is { } rslora && Flag("use_rslora", rslora),
            alphas,
            Selector("target_modules") ?? throw new AdapterException(path, "'target_modules' is missing, expected the names of the adapted layers; ViT has no default."),
            Selector("exclude_modules"),
            Find("base_model_name_or_path") is { } model ? Text("base_model_name_or_path", model) : null);
    }

    /// <summary>A setting's value, or null where it is missing or null.</summary>
    JsonElement? Find(string setting) => root.TryGetProperty(setting, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    List<JsonProperty> Pattern(string setting) => Find(setting) switch
    {
        null => [],
        { ValueKind: JsonValueKind.Object } pattern => [.. pattern.EnumerateObject()],
        { } other => throw Expected(setting, "an object", other),
    };

    ModuleSelector? Selector(string setting)
    {
        if (Find(setting) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.String)
        {
            var text = value.GetString()!;
            if (text.Length == 0) throw Expected(setting, "a pattern or a list of names", value);
            if (setting == "target_modules" && text.Equals("all-linear", StringComparison.OrdinalIgnoreCase)) return ModuleSelector.All;
            return ModuleSelector.Matching(PeftRegex.Whole(path, setting, text));
        }
        if (value.ValueKind != JsonValueKind.Array) throw Expected(setting, "a pattern or a list of names", value);
        var names = value.EnumerateArray().Select(name => Text(setting, name)).ToList();
        return names.Count > 0 ? ModuleSelector.Named(names) : null;
    }

    void CheckRank(string setting, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out var rank)) throw Expected(setting, "an integer", value);
        if (rank <= 0) throw Expected(setting, "a rank above 0", value);
    }

    double Finite(string setting, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var number)) throw Expected(setting, "a number", value);
        return double.IsFinite(number) ? number : throw Expected(setting, $"a finite number up to {double.MaxValue.ToString(CultureInfo.InvariantCulture)}", value);
    }

    bool Flag(string setting, JsonElement value) =>
        value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Expected(setting, "true or false", value);

    string Text(string setting, JsonElement value) =>
        value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : throw Expected(setting, "a text that is not empty", value);

    AdapterException Expected(string setting, string expected, JsonElement found) => new(path, $"'{setting}': expected {expected}, found {PeftSettings.Shown(found)}.");
}

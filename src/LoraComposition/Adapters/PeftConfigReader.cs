using System.Globalization;
using System.Text.Json;
using LoraComposition.Files;

namespace LoraComposition;

/// <summary>Reads <c>adapter_config.json</c> strictly: wrong types, duplicates and settings beyond plain LoRA are refused.</summary>
internal sealed class PeftConfigReader
{
    const int MaxLength = 1 << 20;

    /// <summary>PEFT's default of <c>r</c> and of <c>lora_alpha</c>.</summary>
    const int Default = 8;

    /// <summary>PEFT's default of <c>target_modules</c> for T5. ViT has none.</summary>
    static readonly string[] defaultTargets = ["q", "v"];

    readonly string path;
    readonly JsonElement root;
    readonly bool anyArchitecture;
    readonly List<string> warnings;

    PeftConfigReader(string path, JsonElement root, bool anyArchitecture, List<string> warnings) =>
        (this.path, this.root, this.anyArchitecture, this.warnings) = (path, root, anyArchitecture, warnings);

    /// <summary>Reads a configuration.</summary>
    /// <param name="path">Its file.</param>
    /// <param name="anyArchitecture">Whether modules of any name may be saved whole.</param>
    /// <exception cref="AdapterException">The file is missing, too long, not valid JSON, or asks for something other than plain LoRA.</exception>
    public static PeftConfig Read(string path, bool anyArchitecture)
    {
        using var document = JsonFile.Read(path, MaxLength, (message, cause) => new AdapterException(path, message, cause));
        return Read(document.RootElement, path, anyArchitecture);
    }

    /// <summary>Reads a configuration that lies elsewhere than in a file of its own.</summary>
    /// <param name="root">The settings, an object.</param>
    /// <param name="path">The file they come from.</param>
    /// <param name="anyArchitecture">Whether modules of any name may be saved whole.</param>
    /// <exception cref="AdapterException">A setting is not valid, or asks for something other than plain LoRA.</exception>
    public static PeftConfig Read(JsonElement root, string path, bool anyArchitecture)
    {
        var warnings = new List<string>();
        PeftSettings.Check(root, path, warnings);
        return new PeftConfigReader(path, root, anyArchitecture, warnings).Parse();
    }

    PeftConfig Parse()
    {
        // PEFT transposes the update of GPT-2's own kind of layer only; on linear layers it warns and goes on without.
        if (Find("fan_in_fan_out") is { } transposed && Flag("fan_in_fan_out", transposed))
            warnings.Add("'fan_in_fan_out' is true, which PEFT passes over on linear layers; it is passed over here too.");
        var blocks = Blocks();
        var targets = Selector("target_modules", blocks);
        return new PeftConfig(
            Patterned("lora_alpha", "alpha_pattern", Default, Finite),
            Find("use_rslora") is { } rslora && Flag("use_rslora", rslora),
            Patterned("r", "rank_pattern", Default, Rank),
            targets ?? ModuleSelector.Named(defaultTargets, blocks),
            targets is not null,
            Selector("exclude_modules", null),
            SavedModules(),
            // PEFT writes an empty one for a base that was made from a configuration alone.
            Find("base_model_name_or_path") is { } model && !(model.ValueKind == JsonValueKind.String && model.ValueEquals("")) ? Text("base_model_name_or_path", model) : null,
            Find("revision") is { } revision ? Text("revision", revision) : null,
            warnings);
    }

    /// <summary>A setting's value, or null where it is missing or null.</summary>
    JsonElement? Find(string setting) => root.TryGetProperty(setting, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    PatternedSetting<T> Patterned<T>(string setting, string patterns, T missing, Func<string, JsonElement, T> read)
    {
        List<JsonProperty> entries = Find(patterns) switch
        {
            null => [],
            { ValueKind: JsonValueKind.Object } pattern => [.. pattern.EnumerateObject()],
            { } other => throw Expected(patterns, "an object", other),
        };
        return new PatternedSetting<T>(
            Find(setting) is { } value ? read(setting, value) : missing,
            [.. entries.Select(entry => (PeftRegex.Ending(path, patterns, entry.Name), read($"{patterns} of {entry.Name}", entry.Value)))]);
    }

    LayerFilter? Blocks()
    {
        var patterns = Find("layers_pattern") switch
        {
            null => [],
            { ValueKind: JsonValueKind.String } one => one.GetString() is { Length: > 0 } text ? [text] : [],
            { ValueKind: JsonValueKind.Array } many => many.EnumerateArray().Select(name => Text("layers_pattern", name)).ToList(),
            { } other => throw Expected("layers_pattern", "a name or a list of names", other),
        };
        var indices = Find("layers_to_transform") switch
        {
            null => [],
            { ValueKind: JsonValueKind.Array } many => many.EnumerateArray().Select(index => BlockIndex(index)).ToList(),
            { } one => [BlockIndex(one)],
        };
        if (indices.Count > 0)
            return new LayerFilter(indices, patterns.Count == 0 ? [PeftRegex.Index(path, "layers_pattern", "[^.]*")]
                : [.. patterns.Select(pattern => PeftRegex.Index(path, "layers_pattern", pattern))]);
        if (patterns.Count > 0)
            throw new AdapterException(path, "'layers_pattern' is set without 'layers_to_transform', which PEFT does not allow; remove it or name the blocks.");
        return null;
    }

    int BlockIndex(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var index) && index >= 0 ? index
            : throw Expected("layers_to_transform", "the index of a block or a list of them", value);

    List<string> SavedModules()
    {
        if (Find("modules_to_save") is not { } value) return [];
        if (value.ValueKind != JsonValueKind.Array) throw Expected("modules_to_save", "a list of names", value);
        var names = value.EnumerateArray().Select(name => Text("modules_to_save", name)).ToList();
        if (anyArchitecture) return names;
        // For sequence classification PEFT lists two names by itself, of which a model has one.
        if (names.Find(name => name is not (PeftKey.Head or "score")) is { } other)
            throw new AdapterException(path,
                $"'modules_to_save' names '{other}', a whole trained module that would be dropped; only the head '{PeftKey.Head}' is read, so train the adapter again without it.");
        return names.Contains(PeftKey.Head) ? [PeftKey.Head] : [];
    }

    ModuleSelector? Selector(string setting, LayerFilter? blocks)
    {
        if (Find(setting) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.String)
        {
            if (blocks is not null)
                throw new AdapterException(path,
                    $"'layers_to_transform' is set although '{setting}' is a text, which PEFT does not allow; list the names or remove the former.");
            var text = value.GetString()!;
            if (text.Length == 0) throw Expected(setting, "a pattern or a list of names", value);
            if (setting == "target_modules" && text.Equals("all-linear", StringComparison.OrdinalIgnoreCase)) return ModuleSelector.All;
            return ModuleSelector.Matching(PeftRegex.Whole(path, setting, text));
        }
        if (value.ValueKind != JsonValueKind.Array) throw Expected(setting, "a pattern or a list of names", value);
        var names = value.EnumerateArray().Select(name => PeftKey.WithoutPrefixes(Text(setting, name))).ToList();
        return names.Count > 0 ? ModuleSelector.Named(names, blocks) : null;
    }

    int Rank(string setting, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out var rank)) throw Expected(setting, "an integer", value);
        return rank > 0 ? rank : throw Expected(setting, "a rank above 0", value);
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

    AdapterException Expected(string setting, string expected, JsonElement found) =>
        new(path, $"'{setting}': expected {expected}, found {PeftSettings.Shown(found)}.");
}

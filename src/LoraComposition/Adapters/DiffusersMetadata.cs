using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using LoraComposition.Files;

namespace LoraComposition;

/// <summary>The text entry in which diffusers keeps PEFT's settings of each component: <c>unet.lora_alpha</c>, <c>unet.r</c> and so on in one object.</summary>
internal static class DiffusersMetadata
{
    public const string Key = "lora_adapter_metadata";

    const int MaxLength = 1 << 20;

    /// <summary>The settings of each component that the entry speaks of.</summary>
    /// <param name="file">The file.</param>
    /// <param name="components">The components that it holds layers of.</param>
    /// <param name="warnings">Gets what is passed over.</param>
    /// <exception cref="AdapterException">The entry cannot be read, or asks for something other than plain LoRA.</exception>
    public static IReadOnlyDictionary<string, PeftConfig> Parse(SafetensorsFile file, IReadOnlyList<string> components, List<string> warnings)
    {
        var configs = new Dictionary<string, PeftConfig>(StringComparer.Ordinal);
        if (!file.Metadata.TryGetValue(Key, out string? text)) return configs;
        if (text.Length > MaxLength) throw new AdapterException(file.Path, $"'{Key}' is {text.Length} characters long, expected at most {MaxLength}.");
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false });
            var settings = document.RootElement.EnumerateObject().ToLookup(setting =>
                components.FirstOrDefault(component => setting.Name.StartsWith(component + ".", StringComparison.Ordinal)) ?? "");
            foreach (string component in components.Where(settings.Contains))
            {
                configs.Add(component, Config(file, component, settings[component]));
                warnings.AddRange(configs[component].Warnings.Select(warning => $"'{Key}' of '{component}': {warning}"));
            }
            if (settings[""].FirstOrDefault() is { Value.ValueKind: not JsonValueKind.Undefined } other)
                warnings.Add($"'{Key}' says '{Excerpt.Of(other.Name)}', of which the file holds no layer; it is passed over.");
            return configs;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The second is thrown where the root is no object or a text escapes half of a surrogate pair.
            throw new AdapterException(file.Path, $"'{Key}' cannot be read as a JSON object: {e.Message}", e);
        }
    }

    /// <summary>The entry for layers of any rank.</summary>
    public static string Format(IEnumerable<(string Component, LayerScale Scale)> layers)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            foreach (var component in layers.GroupBy(layer => layer.Component, layer => layer.Scale).OrderBy(group => group.Key, StringComparer.Ordinal))
                PeftConfigWriter.WriteScales(json, component.Key + ".", [.. component]);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    static PeftConfig Config(SafetensorsFile file, string component, IEnumerable<JsonProperty> settings)
    {
        var byName = settings.ToDictionary(setting => setting.Name[(component.Length + 1)..], setting => setting.Value, StringComparer.Ordinal);
        foreach (string needed in (string[])["r", "lora_alpha"])
        {
            if (!byName.ContainsKey(needed))
                throw new AdapterException(file.Path,
                    $"'{Key}' has settings of '{component}' but no '{component}.{needed}', without which its scaling is not known.");
        }
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (!byName.ContainsKey("peft_type")) json.WriteString("peft_type", "LORA");
            foreach (var (name, value) in byName)
            {
                json.WritePropertyName(name);
                value.WriteTo(json);
            }
            json.WriteEndObject();
        }
        using var document = JsonDocument.Parse(buffer.WrittenMemory);
        var config = PeftConfigReader.Read(document.RootElement, file.Path, anyArchitecture: true);
        return config.SavedModules.Count == 0 ? config : throw new AdapterException(file.Path,
            $"'{component}.modules_to_save' of '{Key}' names '{string.Join("', '", config.SavedModules)}', whole trained modules, which the file does not hold; train the adapter again without them.");
    }
}

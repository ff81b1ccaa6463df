using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace LoraComposition;

/// <summary>The provenance as free text entries of a safetensors file: the method, its settings and the sources as compact JSON with sorted keys.</summary>
internal static class ProvenanceText
{
    public const string MethodKey = "lora_composition.method";

    public const string SourcesKey = "lora_composition.sources";

    public const string SettingsKey = "lora_composition.settings";

    /// <summary>The entries of a provenance.</summary>
    /// <exception cref="ArgumentException">An entry is not valid.</exception>
    public static IEnumerable<KeyValuePair<string, string>> Format(AdapterProvenance provenance)
    {
        provenance.Validate();
        yield return new(MethodKey, provenance.Method);
        if (provenance.Settings.Count > 0)
            yield return new(SettingsKey, Json(json =>
            {
                json.WriteStartObject();
                foreach (var (setting, value) in provenance.Settings.OrderBy(pair => pair.Key, StringComparer.Ordinal)) json.WriteNumber(setting, value);
                json.WriteEndObject();
            }));
        yield return new(SourcesKey, Json(json =>
        {
            json.WriteStartArray();
            foreach (var source in provenance.Sources) Write(json, source);
            json.WriteEndArray();
        }));
    }

    /// <summary>Reads the entries.</summary>
    /// <param name="metadata">All text entries of the file.</param>
    /// <param name="problem">What is wrong with the entries; null where nothing is, or there are none.</param>
    /// <returns>The provenance, or null where there is none that can be read.</returns>
    public static AdapterProvenance? Parse(IReadOnlyDictionary<string, string> metadata, out string? problem)
    {
        problem = null;
        var (method, sources) = (metadata.GetValueOrDefault(MethodKey), metadata.GetValueOrDefault(SourcesKey));
        if (method is null && sources is null) return null;
        try
        {
            using var document = JsonDocument.Parse(sources ?? "[]", new JsonDocumentOptions { AllowDuplicateProperties = false });
            using var settings = JsonDocument.Parse(metadata.GetValueOrDefault(SettingsKey) ?? "{}", new JsonDocumentOptions { AllowDuplicateProperties = false });
            var provenance = new AdapterProvenance
            {
                Method = method ?? "",
                Settings = settings.RootElement.EnumerateObject().ToDictionary(setting => setting.Name, setting => setting.Value.GetDouble(), StringComparer.Ordinal),
                Sources = [.. document.RootElement.EnumerateArray().Select(Read)],
            };
            provenance.Validate();
            return provenance;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or KeyNotFoundException or ArgumentException)
        {
            // System.Text.Json throws the middle three where a value has another type, is too long a number or is missing.
            problem = $"the provenance in '{MethodKey}', '{SettingsKey}' and '{SourcesKey}' cannot be read and is passed over: {e.Message}";
            return null;
        }
    }

    static string Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping })) write(json);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    static void Write(Utf8JsonWriter json, AdapterSource source)
    {
        json.WriteStartObject();
        if (source.LayerWeights.Count > 0)
        {
            json.WriteStartObject("layer_weights");
            foreach (var (layer, weight) in source.LayerWeights.OrderBy(pair => pair.Key, StringComparer.Ordinal)) json.WriteNumber(layer, weight);
            json.WriteEndObject();
        }
        json.WriteString("name", source.Name);
        if (source.Fingerprint is { } fingerprint) json.WriteString("sha256", fingerprint);
        if (source.Weight is { } weightOfAll) json.WriteNumber("weight", weightOfAll);
        json.WriteEndObject();
    }

    static AdapterSource Read(JsonElement source) => new()
    {
        Name = source.GetProperty("name").GetString()!,
        Fingerprint = source.TryGetProperty("sha256", out var fingerprint) ? fingerprint.GetString() : null,
        Weight = source.TryGetProperty("weight", out var weight) ? weight.GetDouble() : null,
        LayerWeights = source.TryGetProperty("layer_weights", out var layers)
            ? layers.EnumerateObject().ToDictionary(layer => layer.Name, layer => layer.Value.GetDouble(), StringComparer.Ordinal)
            : new Dictionary<string, double>(),
    };
}

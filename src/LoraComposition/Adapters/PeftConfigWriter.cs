using System.Buffers;
using System.Text;
using System.Text.Json;

namespace LoraComposition;

/// <summary>Writes <c>adapter_config.json</c> with every setting that PEFT 0.20 writes for plain LoRA, in its order.</summary>
internal static class PeftConfigWriter
{
    const string PeftVersion = "0.20.0";

    static readonly JsonWriterOptions format = new() { Indented = true, IndentSize = 2, NewLine = "\n" };

    /// <summary>The bytes of the configuration.</summary>
    /// <param name="updates">The layers in ordinal order with the rank and the scaling of each, at least one.</param>
    /// <param name="baseModel">The model that the adapter belongs to, where known.</param>
    /// <param name="revision">The revision of that model, where known.</param>
    /// <param name="savedModules">The modules that are saved whole; empty where none is.</param>
    public static byte[] Format(IReadOnlyList<LayerScale> updates, string? baseModel, string? revision, IReadOnlyList<string> savedModules)
    {
        var (layers, rank, alpha) = WithAlpha(updates);
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, format))
        {
            json.WriteStartObject();
            json.WriteNull("alora_invocation_tokens");
            WritePattern(json, "alpha_pattern", layers.Where(layer => layer.Alpha != alpha).Select(layer => (layer.Layer, layer.Alpha)));
            WriteNulls(json, "arrow_config", "auto_mapping");
            json.WriteString("base_model_name_or_path", baseModel);
            json.WriteString("bias", "none");
            json.WriteNull("corda_config");
            json.WriteBoolean("ensure_weight_tying", false);
            WriteNulls(json, "eva_config", "exclude_modules");
            json.WriteBoolean("fan_in_fan_out", false);
            json.WriteBoolean("inference_mode", true);
            json.WriteBoolean("init_lora_weights", true);
            WriteNulls(json, "kasa_config", "layer_replication", "layers_pattern", "layers_to_transform");
            WritePattern(json, "loftq_config", []);
            WriteNumber(json, "lora_alpha", alpha);
            json.WriteBoolean("lora_bias", false);
            // Python writes a float with its point, and a plain 0 would come back as another type.
            json.WritePropertyName("lora_dropout");
            json.WriteRawValue("0.0");
            WriteNulls(json, "lora_ga_config", "megatron_config");
            json.WriteString("megatron_core", "megatron.core");
            WriteNames(json, "modules_to_save", savedModules.Count == 0 ? null : savedModules);
            json.WriteNull("monteclora_config");
            json.WriteString("peft_type", "LORA");
            json.WriteString("peft_version", PeftVersion);
            json.WriteNumber("qalora_group_size", 16);
            json.WriteNumber("r", rank);
            WritePattern(json, "rank_pattern", layers.Where(layer => layer.Rank != rank).Select(layer => (layer.Layer, (double)layer.Rank)));
            json.WriteString("revision", revision);
            // Whole paths mean exactly the layers in the file, in PEFT's rule too.
            WriteNames(json, "target_modules", layers.Select(layer => layer.Layer));
            WriteNulls(json, "target_parameters", "task_type", "trainable_token_indices", "use_bdlora");
            json.WriteBoolean("use_dora", false);
            json.WriteBoolean("use_qalora", false);
            json.WriteBoolean("use_rslora", false);
            json.WriteNull("velora_config");
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Writes the settings that tell the layers and their scalings, and no other.</summary>
    /// <param name="json">Where to, in an object.</param>
    /// <param name="prefix">What the settings' names begin with.</param>
    /// <param name="updates">The layers in ordinal order, at least one.</param>
    public static void WriteScales(Utf8JsonWriter json, string prefix, IReadOnlyList<LayerScale> updates)
    {
        var (layers, rank, alpha) = WithAlpha(updates);
        WritePattern(json, prefix + "alpha_pattern", layers.Where(layer => layer.Alpha != alpha).Select(layer => (layer.Layer, layer.Alpha)));
        WriteNumber(json, prefix + "lora_alpha", alpha);
        json.WriteNumber(prefix + "r", rank);
        WritePattern(json, prefix + "rank_pattern", layers.Where(layer => layer.Rank != rank).Select(layer => (layer.Layer, (double)layer.Rank)));
        WriteNames(json, prefix + "target_modules", layers.Select(layer => layer.Layer));
    }

    /// <summary>The alpha of each layer, and the most common rank and alpha, from which others are told by patterns.</summary>
    static (IReadOnlyList<(string Layer, long Rank, double Alpha)> Layers, long Rank, double Alpha) WithAlpha(IReadOnlyList<LayerScale> updates)
    {
        var layers = updates.Select(update => (update.Layer, update.Rank, Alpha: Alpha(update.Rank, update.Scaling))).ToList();
        // Ties go to the smaller numbers so that the bytes do not depend on chance.
        var (rank, alpha) = layers.GroupBy(layer => (layer.Rank, layer.Alpha)).OrderByDescending(group => group.Count()).ThenBy(group => group.Key).First().Key;
        return (layers, rank, alpha);
    }

    /// <summary>The alpha from which a reader gets the same scaling again, bit for bit where there is one, and an integer where it can be.</summary>
    static double Alpha(long rank, double scaling)
    {
        var alpha = scaling * rank;
        foreach (var candidate in (ReadOnlySpan<double>)[Math.Round(alpha), alpha, Math.BitIncrement(alpha), Math.BitDecrement(alpha)])
        {
            if (candidate / rank == scaling) return candidate;
        }
        return alpha;
    }

    static void WriteNulls(Utf8JsonWriter json, params ReadOnlySpan<string> settings)
    {
        foreach (var setting in settings) json.WriteNull(setting);
    }

    static void WriteNames(Utf8JsonWriter json, string setting, IEnumerable<string>? names)
    {
        if (names is null)
        {
            json.WriteNull(setting);
            return;
        }
        json.WriteStartArray(setting);
        foreach (var name in names) json.WriteStringValue(name);
        json.WriteEndArray();
    }

    static void WritePattern(Utf8JsonWriter json, string setting, IEnumerable<(string Layer, double Value)> values)
    {
        json.WriteStartObject(setting);
        foreach (var (layer, value) in values) WriteNumber(json, Pattern(layer), value);
        json.WriteEndObject();
    }

    static void WriteNumber(Utf8JsonWriter json, string setting, double value)
    {
        // The integers that a double holds exactly.
        if (double.IsInteger(value) && Math.Abs(value) < 1L << 53) json.WriteNumber(setting, (long)value);
        else json.WriteNumber(setting, value);
    }

    /// <summary>A regular expression, for .NET and Python alike, that matches this path and no longer one that ends with it.</summary>
    static string Pattern(string layer)
    {
        var pattern = new StringBuilder("^");
        foreach (var character in layer)
        {
            if (char.IsAscii(character) && !char.IsAsciiLetterOrDigit(character) && character != '_') pattern.Append('\\');
            pattern.Append(character);
        }
        return pattern.ToString();
    }
}

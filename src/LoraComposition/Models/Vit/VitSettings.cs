using System.Globalization;
using System.Text.Json;
using LoraComposition.Files;

namespace LoraComposition.Models;

/// <summary>The settings that the families of transformers share.</summary>
internal static class VitSettings
{
    static readonly Dictionary<string, VitActivation> activations = new(StringComparer.Ordinal)
    {
        ["gelu"] = VitActivation.Gelu,
        ["quick_gelu"] = VitActivation.QuickGelu,
        ["gelu_pytorch_tanh"] = VitActivation.TanhGelu,
        ["gelu_new"] = VitActivation.TanhGelu,
        ["gelu_fast"] = VitActivation.TanhGelu,
    };

    /// <summary>The sizes. What the settings leave out is the family's default.</summary>
    public static VitConfig ReadSizes(ConfigFields fields, VitConfig missing) => missing with
    {
        HiddenSize = fields.Positive("hidden_size") ?? missing.HiddenSize,
        LayerCount = fields.Positive("num_hidden_layers") ?? missing.LayerCount,
        HeadCount = fields.Positive("num_attention_heads") ?? missing.HeadCount,
        IntermediateSize = fields.Positive("intermediate_size") ?? missing.IntermediateSize,
        ImageSize = fields.Positive("image_size") ?? missing.ImageSize,
        PatchSize = fields.Positive("patch_size") ?? missing.PatchSize,
        ChannelCount = fields.Positive("num_channels") ?? missing.ChannelCount,
        LayerNormEpsilon = fields.Number("layer_norm_eps") ?? missing.LayerNormEpsilon,
        Parts = missing.Parts with { Activation = Activation(fields, missing.Parts.Activation) },
    };

    public static void WriteSizes(Utf8JsonWriter json, VitConfig config)
    {
        json.WriteString("hidden_act", Name(config.Parts.Activation));
        json.WriteNumber("hidden_size", config.HiddenSize);
        json.WriteNumber("image_size", config.ImageSize);
        json.WriteNumber("layer_norm_eps", config.LayerNormEpsilon);
        json.WriteNumber("num_attention_heads", config.HeadCount);
        json.WriteNumber("num_channels", config.ChannelCount);
        json.WriteNumber("num_hidden_layers", config.LayerCount);
        json.WriteNumber("patch_size", config.PatchSize);
    }

    /// <summary>All settings of a model whose configuration is the plain ViT's under another name.</summary>
    public static void WritePlain(Utf8JsonWriter json, VitConfig config, string architecture, string modelType)
    {
        WriteArchitecture(json, architecture);
        json.WriteNumber("attention_probs_dropout_prob", 0.0);
        json.WriteNumber("hidden_dropout_prob", 0.0);
        WriteSizes(json, config);
        WriteClassNames(json, config.ClassNames);
        json.WriteNumber("intermediate_size", config.IntermediateSize);
        json.WriteString("model_type", modelType);
        json.WriteBoolean("qkv_bias", config.QkvBias);
    }

    /// <summary>The class of transformers' that the settings name; null where they name none.</summary>
    public static string? Architecture(ConfigFields fields) =>
        fields.Find("architectures") is { ValueKind: JsonValueKind.Array } names && names.EnumerateArray().FirstOrDefault() is { ValueKind: JsonValueKind.String } first
            ? first.GetString() : null;

    public static void WriteArchitecture(Utf8JsonWriter json, string name)
    {
        json.WriteStartArray("architectures");
        json.WriteStringValue(name);
        json.WriteEndArray();
    }

    public static void WriteClassNames(Utf8JsonWriter json, IReadOnlyList<string> names)
    {
        if (names.Count == 0) return;
        json.WriteStartObject("id2label");
        for (int i = 0; i < names.Count; i++) json.WriteString($"{i}", names[i]);
        json.WriteEndObject();
        // Two classes of one name have no way back.
        if (names.Distinct(StringComparer.Ordinal).Count() < names.Count) return;
        json.WriteStartObject("label2id");
        for (int i = 0; i < names.Count; i++) json.WriteNumber(names[i], i);
        json.WriteEndObject();
    }

    /// <summary>The names of the classes; empty where the settings have none.</summary>
    public static IReadOnlyList<string> ClassNames(ConfigFields fields)
    {
        if (fields.Section("id2label") is null) return [];
        var map = fields.Find("id2label")!.Value;
        var names = new string?[map.GetPropertyCount()];
        foreach (var entry in map.EnumerateObject())
        {
            if (!int.TryParse(entry.Name, NumberStyles.None, CultureInfo.InvariantCulture, out int id) || id >= names.Length || names[id] is not null
                || entry.Value.ValueKind != JsonValueKind.String)
                throw new CheckpointException(fields.Path, $"id2label must map 0 … {names.Length - 1} to one name each; found \"{Excerpt.Of(entry.Name)}\".");
            names[id] = entry.Value.GetString();
        }
        return names!;
    }

    static VitActivation Activation(ConfigFields fields, VitActivation missing)
    {
        if (fields.Text("hidden_act") is not { } name) return missing;
        return activations.TryGetValue(name, out var known) ? known
            : throw fields.Expected("hidden_act", Words.Or(activations.Keys), fields.Find("hidden_act")!.Value);
    }

    // A gated part has its own activation, and the setting is not looked at.
    static string Name(VitActivation activation) => activations.FirstOrDefault(pair => pair.Value == activation, KeyValuePair.Create("gelu", activation)).Key;
}

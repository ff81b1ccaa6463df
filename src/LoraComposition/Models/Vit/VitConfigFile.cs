using System.Globalization;
using System.Text.Json;
using LoraComposition.Files;

namespace LoraComposition.Models;

/// <summary>Reads and writes the <c>config.json</c> of a ViT on the model hubs (transformers' layout).</summary>
internal static class VitConfigFile
{
    public static void Write(string path, VitConfig config) => AtomicFile.Write(path, stream =>
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" });
        json.WriteStartObject();
        json.WriteStartArray("architectures");
        json.WriteStringValue(config.ClassNames.Count > 0 ? "ViTForImageClassification" : "ViTModel");
        json.WriteEndArray();
        json.WriteNumber("attention_probs_dropout_prob", 0.0);
        json.WriteString("hidden_act", "gelu");
        json.WriteNumber("hidden_dropout_prob", 0.0);
        json.WriteNumber("hidden_size", config.HiddenSize);
        if (config.ClassNames.Count > 0)
        {
            json.WriteStartObject("id2label");
            for (int i = 0; i < config.ClassNames.Count; i++) json.WriteString($"{i}", config.ClassNames[i]);
            json.WriteEndObject();
        }
        json.WriteNumber("image_size", config.ImageSize);
        json.WriteNumber("intermediate_size", config.IntermediateSize);
        if (config.ClassNames.Count > 0 && config.ClassNames.Distinct().Count() == config.ClassNames.Count)
        {
            json.WriteStartObject("label2id");
            for (int i = 0; i < config.ClassNames.Count; i++) json.WriteNumber(config.ClassNames[i], i);
            json.WriteEndObject();
        }
        json.WriteNumber("layer_norm_eps", config.LayerNormEpsilon);
        json.WriteString("model_type", "vit");
        json.WriteNumber("num_attention_heads", config.HeadCount);
        json.WriteNumber("num_channels", config.ChannelCount);
        json.WriteNumber("num_hidden_layers", config.LayerCount);
        json.WriteNumber("patch_size", config.PatchSize);
        json.WriteBoolean("qkv_bias", config.QkvBias);
        json.WriteEndObject();
        json.Flush();
    });

    /// <summary>The shape that transformers' settings give; class names only where there are any.</summary>
    /// <exception cref="CheckpointException">A setting has the wrong type or is not that of a ViT this library computes.</exception>
    public static VitConfig Read(ConfigFields fields)
    {
        if (fields.Text("model_type") is { } type && type != "vit")
            throw fields.Expected("model_type", "\"vit\" (a vision transformer, which images need)", fields.Find("model_type")!.Value);
        if (fields.Text("hidden_act") is { } activation && activation != "gelu")
            throw fields.Expected("hidden_act", "\"gelu\" (the exact one)", fields.Find("hidden_act")!.Value);
        var shape = new VitConfig();
        return shape with
        {
            HiddenSize = fields.Positive("hidden_size") ?? shape.HiddenSize,
            LayerCount = fields.Positive("num_hidden_layers") ?? shape.LayerCount,
            HeadCount = fields.Positive("num_attention_heads") ?? shape.HeadCount,
            IntermediateSize = fields.Positive("intermediate_size") ?? shape.IntermediateSize,
            ImageSize = fields.Positive("image_size") ?? shape.ImageSize,
            PatchSize = fields.Positive("patch_size") ?? 16,   // transformers' default where a config leaves it out
            ChannelCount = fields.Positive("num_channels") ?? shape.ChannelCount,
            QkvBias = fields.Flag("qkv_bias") ?? true,
            LayerNormEpsilon = fields.Number("layer_norm_eps") ?? shape.LayerNormEpsilon,
            ClassNames = ClassNames(fields),
        };
    }

    static string[] ClassNames(ConfigFields fields)
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
}

using System.Text.Json;
using LoraComposition.Serialization;

namespace LoraComposition.Models.Vit;

/// <summary>Reads and writes the <c>config.json</c> of a ViT on the model hubs (transformers' layout).</summary>
internal static class VitConfigFile
{
    const long LargestFile = 16 << 20;   // in21k's class names twice are 2 MB

    public static VitConfig Read(string path)
    {
        if (!File.Exists(path)) throw new CheckpointException(path, "the file is missing; a model folder holds config.json and model.safetensors.");
        try
        {
            return JsonFile.ReadObject(path, LargestFile, (message, cause) => new CheckpointException(path, message, cause), root => Parse(path, root));
        }
        catch (ArgumentException e)
        {
            throw new CheckpointException(path, e.Message, e);
        }
    }

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

    static VitConfig Parse(string path, JsonElement root)
    {
        if (root.TryGetProperty("model_type", out var type) && (type.ValueKind != JsonValueKind.String || type.GetString() != "vit"))
            throw new CheckpointException(path, $"expected model_type \"vit\", found {Excerpt.Of(type.GetRawText())}.");
        if (root.TryGetProperty("hidden_act", out var activation) && (activation.ValueKind != JsonValueKind.String || activation.GetString() != "gelu"))
            throw new CheckpointException(path, $"expected hidden_act \"gelu\" (the exact one), found {Excerpt.Of(activation.GetRawText())}.");
        var shape = new VitConfig();
        var config = shape with
        {
            HiddenSize = Integer(path, root, "hidden_size", shape.HiddenSize),
            LayerCount = Integer(path, root, "num_hidden_layers", shape.LayerCount),
            HeadCount = Integer(path, root, "num_attention_heads", shape.HeadCount),
            IntermediateSize = Integer(path, root, "intermediate_size", shape.IntermediateSize),
            ImageSize = Integer(path, root, "image_size", shape.ImageSize),
            PatchSize = Integer(path, root, "patch_size", 16),   // transformers' default where a config leaves it out
            ChannelCount = Integer(path, root, "num_channels", shape.ChannelCount),
            QkvBias = !root.TryGetProperty("qkv_bias", out var bias) || bias.ValueKind == JsonValueKind.True,
            LayerNormEpsilon = root.TryGetProperty("layer_norm_eps", out var epsilon) && epsilon.ValueKind == JsonValueKind.Number ? epsilon.GetDouble() : shape.LayerNormEpsilon,
            ClassNames = ClassNames(path, root),
        };
        config.Validate();
        return config;
    }

    static int Integer(string path, JsonElement root, string name, int otherwise)
    {
        if (!root.TryGetProperty(name, out var value)) return otherwise;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number is > 0 and < 1 << 20
            ? number
            : throw new CheckpointException(path, $"expected a positive integer for {name}, found {Excerpt.Of(value.GetRawText())}.");
    }

    static string[] ClassNames(string path, JsonElement root)
    {
        if (!root.TryGetProperty("id2label", out var map) || map.ValueKind == JsonValueKind.Null) return [];
        if (map.ValueKind != JsonValueKind.Object) throw new CheckpointException(path, $"expected an object for id2label, found {map.ValueKind}.");
        var names = new string?[map.GetPropertyCount()];
        foreach (var entry in map.EnumerateObject())
        {
            if (!int.TryParse(entry.Name, out int id) || id < 0 || id >= names.Length || names[id] is not null || entry.Value.ValueKind != JsonValueKind.String)
                throw new CheckpointException(path, $"id2label must map 0 … {names.Length - 1} to one name each; found \"{Excerpt.Of(entry.Name)}\".");
            names[id] = entry.Value.GetString();
        }
        return names!;
    }
}

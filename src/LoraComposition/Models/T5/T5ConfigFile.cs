using System.Text.Json;
using LoraComposition.Files;

namespace LoraComposition.Models;

/// <summary>Reads and writes the <c>config.json</c> of a T5 on the model hubs.</summary>
internal static class T5ConfigFile
{
    const string Relu = "relu", GatedGelu = "gated-gelu", TanhGelu = "gelu_new", Type = "model_type", Version = "transformers_version";

    // By this setting transformers 5 says of a T5 whether the head is scaled.
    const string Scaled = "scale_decoder_outputs";

    public static void Write(Stream stream, T5Config config)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" });
        bool gated = config.FeedForward == T5FeedForwardKind.GatedGelu;
        json.WriteStartObject();
        json.WriteStartArray("architectures");
        json.WriteStringValue(config.Variant.Architecture);
        json.WriteEndArray();
        json.WriteNumber("d_ff", config.IntermediateSize);
        json.WriteNumber("d_kv", config.KeyValueSize);
        json.WriteNumber("d_model", config.HiddenSize);
        json.WriteNumber("decoder_start_token_id", config.DecoderStartTokenId);
        json.WriteString("dense_act_fn", gated ? TanhGelu : Relu);
        json.WriteNumber("eos_token_id", config.EndTokenId);
        json.WriteString("feed_forward_proj", gated ? GatedGelu : Relu);
        json.WriteBoolean("is_encoder_decoder", true);
        json.WriteBoolean("is_gated_act", gated);
        json.WriteNumber("layer_norm_epsilon", config.LayerNormEpsilon);
        json.WriteString("model_type", config.Variant.ModelType);
        json.WriteNumber("num_decoder_layers", config.DecoderLayerCount);
        json.WriteNumber("num_heads", config.HeadCount);
        json.WriteNumber("num_layers", config.EncoderLayerCount);
        json.WriteNumber("pad_token_id", config.PadTokenId);
        json.WriteNumber("relative_attention_max_distance", config.RelativeMaxDistance);
        json.WriteNumber("relative_attention_num_buckets", config.RelativeBucketCount);
        json.WriteBoolean(Scaled, config.ScaledHead);
        json.WriteBoolean("tie_word_embeddings", config.TiedHead);
        json.WriteNumber("vocab_size", config.VocabularySize);
        json.WriteEndObject();
        json.Flush();
    }

    /// <summary>
    /// The shape that the settings give, with transformers' defaults. Whether the head is tied is what the settings say; the tensors may know better.
    /// </summary>
    /// <exception cref="CheckpointException">A setting has the wrong type or is not that of a T5 this library computes.</exception>
    public static T5Config Read(ConfigFields fields)
    {
        var variant = Variant(fields);
        var shape = variant.Defaults;
        int layers = fields.Positive("num_layers") ?? shape.EncoderLayerCount, pad = fields.Count("pad_token_id") ?? shape.PadTokenId;
        bool tied = fields.Flag("tie_word_embeddings") ?? shape.TiedHead;
        return shape with
        {
            VocabularySize = fields.Positive("vocab_size") ?? shape.VocabularySize,
            HiddenSize = fields.Positive("d_model") ?? shape.HiddenSize,
            EncoderLayerCount = layers,
            DecoderLayerCount = fields.Positive("num_decoder_layers") ?? layers,
            HeadCount = fields.Positive("num_heads") ?? shape.HeadCount,
            KeyValueSize = fields.Positive("d_kv") ?? shape.KeyValueSize,
            IntermediateSize = fields.Positive("d_ff") ?? shape.IntermediateSize,
            FeedForward = FeedForward(fields, shape.FeedForward),
            RelativeBucketCount = fields.Positive("relative_attention_num_buckets") ?? shape.RelativeBucketCount,
            RelativeMaxDistance = fields.Positive("relative_attention_max_distance") ?? shape.RelativeMaxDistance,
            LayerNormEpsilon = fields.Number("layer_norm_epsilon") ?? shape.LayerNormEpsilon,
            TiedHead = tied,
            ScaledHead = fields.Flag(Scaled) ?? (tied && (variant.ScalesTiedHead || !IsByTransformers5(fields))),
            PadTokenId = pad,
            EndTokenId = fields.Count("eos_token_id") ?? shape.EndTokenId,
            DecoderStartTokenId = fields.Count("decoder_start_token_id") ?? pad,
        };
    }

    /// <summary>Whether transformers 5 wrote it, which always writes that the head is tied, whatever the head is. Of a T5 it also says how the head is scaled.</summary>
    public static bool IsByTransformers5(ConfigFields fields) => fields.Find(Scaled) is not null
        || (Variant(fields).Defaults.Family != T5Family.T5 && System.Version.TryParse(fields.Text(Version)?.Split(".dev")[0], out var version) && version.Major >= 5);

    static T5Variant Variant(ConfigFields fields) => fields.Text(Type) is not { } type ? T5Variant.Of(T5Family.T5)
        : T5Variant.Named(type) ?? throw fields.Expected(Type, Words.Or(T5Variant.ModelTypes), fields.Find(Type)!.Value);

    static T5FeedForwardKind FeedForward(ConfigFields fields, T5FeedForwardKind usual)
    {
        var kind = fields.Text("feed_forward_proj") switch
        {
            null => usual,
            Relu => T5FeedForwardKind.Relu,
            GatedGelu => T5FeedForwardKind.GatedGelu,
            _ => throw fields.Expected("feed_forward_proj", $"\"{Relu}\" or \"{GatedGelu}\"", fields.Find("feed_forward_proj")!.Value),
        };
        // Where a config holds these as well, they are what transformers computes.
        bool gated = kind == T5FeedForwardKind.GatedGelu;
        string activation = gated ? TanhGelu : Relu;
        if (fields.Flag("is_gated_act") is { } flag && flag != gated)
            throw fields.Expected("is_gated_act", gated ? "true, as feed_forward_proj says," : "false, as feed_forward_proj says,",
                fields.Find("is_gated_act")!.Value);
        if (fields.Text("dense_act_fn") is { } name && name != activation)
            throw fields.Expected("dense_act_fn", $"\"{activation}\", as feed_forward_proj says,", fields.Find("dense_act_fn")!.Value);
        return kind;
    }
}

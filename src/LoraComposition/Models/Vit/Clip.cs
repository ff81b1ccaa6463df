using System.Text.Json;
using System.Text.Json.Nodes;

namespace LoraComposition.Models;

/// <summary>
/// The images' side of CLIP (arXiv:2103.00020): a norm in front of the blocks and the quick GELU. With a projection (CLIPModel, CLIPVisionModelWithProjection) the
/// features are the projected class token, the embedding that texts are compared with; without one (CLIPVisionModel) the class token. The classifier of
/// transformers (CLIPForImageClassification) reads the mean of the patches, without the last norm. The texts' side is passed over.
/// </summary>
internal sealed class Clip : VitFamily
{
    const string Whole = "clip", Vision = "clip_vision_model", Classifier = "CLIPForImageClassification";
    const int DefaultProjection = 512;

    // transformers' defaults where a configuration leaves a setting out.
    static readonly VitConfig missing = new()
    {
        LayerNormEpsilon = 1e-5,
        Parts = new() { FlatEmbeddings = true, PatchBias = false, NormBeforeBlocks = true, Activation = VitActivation.QuickGelu },
    };
    static readonly ClipLayout withoutPrefix = new("");
    static readonly TimmVitLayout timm = new();

    public static Clip Family { get; } = new();

    public override IReadOnlyList<string> ModelTypes => [Whole, Vision];

    public override string ImageProcessor => "CLIPImageProcessor";

    public override VitConfig Read(ConfigFields fields, CheckpointFiles files)
    {
        bool isWhole = fields.Text("model_type") == Whole;
        var vision = isWhole ? fields.Section(VisionTower.Section) ?? fields.Empty : fields;
        var config = VitSettings.ReadSizes(vision, missing);
        bool projects = files.Find(ClipLayout.ProjectionName + ".weight") is not null;
        bool classifies = isWhole && (VitSettings.Architecture(fields) is { } named ? named == Classifier : !projects && files.Find(ClipLayout.HeadName + ".weight") is not null);
        return config with
        {
            Family = this,
            ClassNames = VitSettings.ClassNames(fields),
            Parts = classifies ? config.Parts with { Pooling = VitPooling.Patches, LastNorm = VitNormPlace.None }
                : config.Parts with { ProjectionSize = projects ? fields.Positive("projection_dim") ?? DefaultProjection : null },
        };
    }

    public override VitLayout LayoutOf(VitConfig config, IEnumerable<string> tensors) => new ClipLayout(TransformersVitLayout.PrefixIn(tensors, VisionTower.Prefix));

    public override VitLayout LayoutFor(VitConfig config) => ClipLayout.Default;

    public override string? ClassifierName(VitConfig config) => Classifies(config) ? Classifier : null;

    public override void Write(Utf8JsonWriter json, VitConfig config)
    {
        int projection = config.Parts.ProjectionSize ?? DefaultProjection;
        if (Classifies(config))
        {
            VitSettings.WriteArchitecture(json, Classifier);
            VitSettings.WriteClassNames(json, config.ClassNames);
            json.WriteString("model_type", Whole);
            json.WriteNumber("projection_dim", projection);
            json.WriteStartObject(VisionTower.Section);
            WriteVision(json, config, projection);
            json.WriteEndObject();
            return;
        }
        VitSettings.WriteArchitecture(json, config.Parts.ProjectionSize is null ? "CLIPVisionModel" : "CLIPVisionModelWithProjection");
        VitSettings.WriteClassNames(json, config.ClassNames);
        WriteVision(json, config, projection);
    }

    static void WriteVision(Utf8JsonWriter json, VitConfig config, int projection)
    {
        json.WriteNumber("attention_dropout", 0.0);
        VitSettings.WriteSizes(json, config);
        json.WriteNumber("intermediate_size", config.IntermediateSize);
        json.WriteString("model_type", Vision);
        json.WriteNumber("projection_dim", projection);
    }

    public override IEnumerable<TensorSource> LayerNames(VitConfig config, int block, LinearRole role)
    {
        var name = ClipLayout.Default.Layer(block, role);
        return [name, name, withoutPrefix.Layer(block, role), timm.Layer(block, role)];
    }

    public override IEnumerable<TensorSource> PoolingNames(VitConfig config, LinearRole role) =>
        role == LinearRole.Projection ? [new(ClipLayout.ProjectionName)] : base.PoolingNames(config, role);

    public override void SetImageSize(JsonObject config, int side) => VisionTower.SetImageSize(config, side);

    static bool Classifies(VitConfig config) => config.Parts.Pooling == VitPooling.Patches;
}

/// <summary>What the models for images and texts share in transformers' layout.</summary>
internal static class VisionTower
{
    /// <summary>The section of the configuration that is the images'.</summary>
    public const string Section = "vision_config";

    /// <summary>What stands in front of the images' tensors.</summary>
    public const string Prefix = "vision_model.";

    /// <summary>Whether a tensor is the texts', or compares the two.</summary>
    public static bool IsText(string name) => name.StartsWith("text_", StringComparison.Ordinal) || name is "logit_scale" or "logit_bias";

    /// <summary>The name of a layer inside its block.</summary>
    public static string InBlock(LinearRole role) => role switch
    {
        LinearRole.Query => "self_attn.q_proj",
        LinearRole.Key => "self_attn.k_proj",
        LinearRole.Value => "self_attn.v_proj",
        LinearRole.Output => "self_attn.out_proj",
        LinearRole.FeedForwardIn => "mlp.fc1",
        LinearRole.FeedForwardOut => "mlp.fc2",
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, "A block has no such layer."),
    };

    /// <summary>Puts another size of the images into the settings.</summary>
    public static void SetImageSize(JsonObject config, int side) => (config[Section] as JsonObject ?? config)["image_size"] = side;
}

/// <summary>The layout of transformers' models for images and texts.</summary>
/// <param name="Prefix"><c>vision_model.</c>; empty where the images' side was saved by itself.</param>
internal record ClipLayout(string Prefix) : VitLayout
{
    public const string ProjectionName = "visual_projection", HeadName = "classifier";

    public static ClipLayout Default { get; } = new(VisionTower.Prefix);

    public override TensorSource ClassToken => new(Prefix + "embeddings.class_embedding");

    public override TensorSource Positions => new(Prefix + "embeddings.position_embedding.weight");

    public override TensorSource Patches => new(Prefix + "embeddings.patch_embedding");

    // The name is spelled so.
    public override TensorSource NormBeforeBlocks => new(Prefix + "pre_layrnorm");

    public override TensorSource LastNorm => new(Prefix + "post_layernorm");

    public override TensorSource Projection => new(ProjectionName);

    public override TensorSource Head => new(HeadName);

    // Which of the norm and the projection are used depends on what the features are.
    public override IReadOnlyCollection<string> Unused =>
        [Prefix + "embeddings.position_ids", LastNorm.Weight.Name, LastNorm.Bias.Name, Projection.Weight.Name];

    public override bool IsUnused(string name) => VisionTower.IsText(name) || base.IsUnused(name);

    public override TensorSource NormBefore(int block) => new(Block(block) + "layer_norm1");

    public override TensorSource NormAfter(int block) => new(Block(block) + "layer_norm2");

    public override TensorSource Layer(int block, LinearRole role) => new(Block(block) + VisionTower.InBlock(role));

    string Block(int block) => $"{Prefix}encoder.layers.{block}.";
}

using System.Text.Json;
using System.Text.Json.Nodes;

namespace LoraComposition.Models;

/// <summary>
/// The images' side of SigLIP (arXiv:2303.15343): no class token, the GELU by the hyperbolic tangent, and a learned query that looks at all patches (SiglipModel,
/// SiglipVisionModel). The classifier of transformers (SiglipForImageClassification), and a model without that query, read the mean of the patches. The texts'
/// side is passed over.
/// </summary>
internal sealed class Siglip : VitFamily
{
    const string Whole = "siglip", Vision = "siglip_vision_model", Classifier = "SiglipForImageClassification";

    // transformers' defaults where a configuration leaves a setting out.
    static readonly VitConfig missing = new()
    {
        PatchSize = 16,
        LayerNormEpsilon = 1e-6,
        Parts = new() { ClassToken = false, FlatEmbeddings = true, Activation = VitActivation.TanhGelu },
    };
    static readonly SiglipLayout withoutPrefix = new("");
    static readonly TimmVitLayout timm = new();

    public static Siglip Family { get; } = new();

    public override IReadOnlyList<string> ModelTypes => [Whole, Vision];

    public override string ImageProcessor => "SiglipImageProcessor";

    public override VitConfig Read(ConfigFields fields, CheckpointFiles files)
    {
        bool isWhole = fields.Text("model_type") == Whole;
        var vision = isWhole ? fields.Section(VisionTower.Section) ?? fields.Empty : fields;
        var config = VitSettings.ReadSizes(vision, missing);
        bool classifies = isWhole && (VitSettings.Architecture(fields) is { } named ? named == Classifier : files.Find(ClipLayout.HeadName + ".weight") is not null);
        bool hasPool = vision.Flag("vision_use_head") ?? true, pools = !classifies && hasPool;
        return config with
        {
            Family = this,
            ClassNames = VitSettings.ClassNames(fields),
            Parts = config.Parts with
            {
                Pooling = pools ? VitPooling.Attention : VitPooling.Patches,
                KeepsAttentionPool = !pools && hasPool && files.Find(SiglipLayout.Default.AttentionPool.Probe.Name) is not null,
            },
        };
    }

    public override VitLayout LayoutOf(VitConfig config, IEnumerable<string> tensors) => new SiglipLayout(TransformersVitLayout.PrefixIn(tensors, VisionTower.Prefix));

    public override VitLayout LayoutFor(VitConfig config) => SiglipLayout.Default;

    public override string? ClassifierName(VitConfig config) => Pools(config) ? null : Classifier;

    public override void Write(Utf8JsonWriter json, VitConfig config)
    {
        if (!Pools(config) && config.ClassNames.Count > 0)
        {
            VitSettings.WriteArchitecture(json, Classifier);
            VitSettings.WriteClassNames(json, config.ClassNames);
            json.WriteString("model_type", Whole);
            json.WriteStartObject(VisionTower.Section);
            WriteVision(json, config);
            json.WriteEndObject();
            return;
        }
        VitSettings.WriteArchitecture(json, "SiglipVisionModel");
        VitSettings.WriteClassNames(json, config.ClassNames);
        WriteVision(json, config);
    }

    static void WriteVision(Utf8JsonWriter json, VitConfig config)
    {
        json.WriteNumber("attention_dropout", 0.0);
        VitSettings.WriteSizes(json, config);
        json.WriteNumber("intermediate_size", config.IntermediateSize);
        json.WriteString("model_type", Vision);
        json.WriteBoolean("vision_use_head", Pools(config) || config.Parts.KeepsAttentionPool);
    }

    public override IEnumerable<TensorSource> LayerNames(VitConfig config, int block, LinearRole role)
    {
        var name = SiglipLayout.Default.Layer(block, role);
        return [name, name, withoutPrefix.Layer(block, role), timm.Layer(block, role)];
    }

    public override IEnumerable<TensorSource> PoolingNames(VitConfig config, LinearRole role) =>
        new VitLayout[] { SiglipLayout.Default, SiglipLayout.Default, withoutPrefix, timm }.Select(layout => layout.AttentionPool).Select(pool => role switch
        {
            LinearRole.Output => pool.Output,
            LinearRole.FeedForwardIn => pool.FeedForwardIn,
            LinearRole.FeedForwardOut => pool.FeedForwardOut,
            _ => throw new ArgumentOutOfRangeException(nameof(role), role, "The pooling has no such layer."),
        });

    public override void SetImageSize(JsonObject config, int side) => VisionTower.SetImageSize(config, side);

    static bool Pools(VitConfig config) => config.Parts.Pooling == VitPooling.Attention;
}

/// <summary>The layout of transformers' SigLIP: that of its CLIP, and the pooling by attention, whose three first layers are one tensor.</summary>
/// <param name="Prefix"><c>vision_model.</c>; empty where the images' side was saved by itself.</param>
internal sealed record SiglipLayout(string Prefix) : ClipLayout(Prefix)
{
    public static new SiglipLayout Default { get; } = new(VisionTower.Prefix);

    public override AttentionPoolLayout AttentionPool => new(new(Pool + "probe"), InProjection(0), InProjection(1), InProjection(2), new(Pool + "attention.out_proj"),
        new(Pool + "layernorm"), new(Pool + "mlp.fc1"), new(Pool + "mlp.fc2"));

    // The classifier of transformers has the pooling and does not use it; where only a part of it is there, none is kept.
    public override bool IsUnused(string name) => name.StartsWith(Pool, StringComparison.Ordinal) || base.IsUnused(name);

    string Pool => Prefix + "head.";

    TensorSource InProjection(int part) => new(Pool + "attention.in_proj", part, 3) { Joint = "_" };
}

using System.Text.Json;

namespace LoraComposition.Models;

/// <summary>The ViT (arXiv:2010.11929) as transformers has it (ViTForImageClassification, ViTModel).</summary>
internal sealed class PlainVit : VitFamily
{
    // The first field: what follows reads it.
    public static PlainVit Family { get; } = new();

    // transformers' defaults where a configuration leaves a setting out.
    static readonly VitConfig missing = new() { PatchSize = 16 };
    static readonly TransformersVitLayout withoutHead = new("");
    static readonly TimmVitLayout timm = new();

    public override IReadOnlyList<string> ModelTypes => ["vit"];

    public override string ImageProcessor => "ViTImageProcessor";

    public override VitConfig Read(ConfigFields fields, CheckpointFiles files) => VitSettings.ReadSizes(fields, missing) with
    {
        QkvBias = fields.Flag("qkv_bias") ?? true,
        ClassNames = VitSettings.ClassNames(fields),
    };

    public override VitLayout LayoutOf(VitConfig config, IEnumerable<string> tensors) => TransformersVitLayout.Of(tensors);

    public override VitLayout LayoutFor(VitConfig config) => TransformersVitLayout.Default;

    public override string ClassifierName(VitConfig config) => "ViTForImageClassification";

    public override void Write(Utf8JsonWriter json, VitConfig config) =>
        VitSettings.WritePlain(json, config, config.ClassNames.Count > 0 ? ClassifierName(config) : "ViTModel", "vit");

    // Up to transformers 4 a layer was called as its weights still are. Adapters of a ViTModel, which has no head, lack "vit." in front.
    public override IEnumerable<TensorSource> LayerNames(VitConfig config, int block, LinearRole role)
    {
        string now = $"layers.{block}.{SinceTransformers5(role)}";
        return [new(TransformersVitLayout.Default.Prefix + now), TransformersVitLayout.Default.Layer(block, role), new(now), withoutHead.Layer(block, role), timm.Layer(block, role)];
    }

    /// <summary>The name of a layer inside its block since transformers 5.</summary>
    public static string SinceTransformers5(LinearRole role) => role switch
    {
        LinearRole.Query => "attention.q_proj",
        LinearRole.Key => "attention.k_proj",
        LinearRole.Value => "attention.v_proj",
        LinearRole.Output => "attention.o_proj",
        LinearRole.FeedForwardIn => "mlp.fc1",
        LinearRole.FeedForwardOut => "mlp.fc2",
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, "A block has no such layer."),
    };
}

/// <summary>The layout of transformers, in which the models of the hub are stored whatever the version.</summary>
/// <param name="Prefix"><c>vit.</c> for a classifier; empty for a model that was saved without its head.</param>
internal record TransformersVitLayout(string Prefix) : VitLayout
{
    /// <summary>The layout that is written.</summary>
    public static TransformersVitLayout Default { get; } = new("vit.");

    public override TensorSource ClassToken => new(Prefix + "embeddings.cls_token");

    public override TensorSource Positions => new(Prefix + "embeddings.position_embeddings");

    public override TensorSource Patches => new(Prefix + "embeddings.patch_embeddings.projection");

    public override TensorSource LastNorm => new(Prefix + "layernorm");

    public override TensorSource Head => new("classifier");

    // The last three are those of the masked images that a model was pretrained with.
    public override IReadOnlyCollection<string> Unused =>
        [Prefix + "pooler.dense.weight", Prefix + "pooler.dense.bias", Prefix + "embeddings.mask_token", "decoder.0.weight", "decoder.0.bias"];

    public override string FrontForHead => Prefix.Length > 0 ? "" : FamilyPrefix;

    public override VitLayout WithFront => this with { Prefix = FamilyPrefix };

    protected virtual string FamilyPrefix => "vit.";

    /// <summary>The layout of a checkpoint with these tensors.</summary>
    public static TransformersVitLayout Of(IEnumerable<string> tensors) => new(PrefixIn(tensors, "vit."));

    /// <summary>A family's prefix where a checkpoint with these tensors has it; else nothing.</summary>
    public static string PrefixIn(IEnumerable<string> tensors, string prefix) =>
        tensors.Any(name => name.StartsWith(prefix, StringComparison.Ordinal)) ? prefix : "";

    public override TensorSource NormBefore(int block) => new(Block(block) + "layernorm_before");

    public override TensorSource NormAfter(int block) => new(Block(block) + "layernorm_after");

    public override TensorSource Layer(int block, LinearRole role) => new(Block(block) + role switch
    {
        LinearRole.Query => "attention.attention.query",
        LinearRole.Key => "attention.attention.key",
        LinearRole.Value => "attention.attention.value",
        LinearRole.Output => "attention.output.dense",
        LinearRole.FeedForwardIn => "intermediate.dense",
        LinearRole.FeedForwardOut => "output.dense",
        _ => throw NoSuchLayer(role),
    });

    protected string Block(int block) => $"{Prefix}encoder.layer.{block}.";
}

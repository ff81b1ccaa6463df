using System.Text.Json;
using System.Text.Json.Nodes;

namespace LoraComposition.Models;

/// <summary>
/// The vision transformers that timm writes: those above under timm's names, with query, key and value in one tensor. What a model has is read off its tensors
/// (<see cref="TimmConfig"/>). One with the parts of a plain ViT is that from then on, and written as transformers has it; another is written as timm has it.
/// </summary>
/// <param name="architecture">What timm calls the model.</param>
internal sealed class TimmVit(string architecture) : VitFamily
{
    const double UsualLayerScale = 1e-5;

    /// <summary>What reads configurations, before the architecture is known.</summary>
    public static TimmVit Family { get; } = new("");

    public override IReadOnlyList<string> ModelTypes => [];

    public override string ImageProcessor => "BitImageProcessor";

    public override VitConfig Read(ConfigFields fields, CheckpointFiles files) => TimmConfig.Read(fields, files);

    public override VitLayout LayoutOf(VitConfig config, IEnumerable<string> tensors) => LayoutFor(config);

    public override VitLayout LayoutFor(VitConfig config) => new TimmVitLayout { NormAfterPooling = config.Parts.LastNorm == VitNormPlace.AfterPooling };

    // What it computes may be one of transformers' models, but is not stored as that.
    public override string? ClassifierName(VitConfig config) => null;

    public override void Write(Utf8JsonWriter json, VitConfig config)
    {
        var parts = config.Parts;
        json.WriteString("architecture", architecture);
        json.WriteNumber("num_classes", config.ClassNames.Count);
        json.WriteNumber("num_features", config.HiddenSize);
        json.WriteString("global_pool", GlobalPool(parts.Pooling));
        if (config.ClassNames.Count > 0)
        {
            json.WriteStartArray("label_names");
            foreach (string name in config.ClassNames) json.WriteStringValue(name);
            json.WriteEndArray();
        }
        json.WriteStartObject("model_args");
        json.WriteNumber("img_size", config.ImageSize);
        json.WriteNumber("patch_size", config.PatchSize);
        json.WriteNumber("in_chans", config.ChannelCount);
        json.WriteNumber("embed_dim", config.HiddenSize);
        json.WriteNumber("depth", config.LayerCount);
        json.WriteNumber("num_heads", config.HeadCount);
        json.WriteNumber("mlp_ratio", TimmConfig.Ratio(config));
        json.WriteBoolean("qkv_bias", config.QkvBias);
        // Distilled models have it by their architecture, which takes no such argument.
        if (!parts.DistillationToken) json.WriteBoolean("class_token", parts.ClassToken);
        json.WriteNumber("reg_tokens", parts.RegisterCount);
        json.WriteBoolean("no_embed_class", !parts.PositionsInFront);
        json.WriteBoolean("pre_norm", parts.NormBeforeBlocks);
        json.WriteString("global_pool", GlobalPool(parts.Pooling));
        json.WriteBoolean("fc_norm", parts.LastNorm == VitNormPlace.AfterPooling);
        json.WriteString("act_layer", TimmConfig.ActivationName(parts.Activation));
        if (parts.LayerScale) json.WriteNumber("init_values", UsualLayerScale);
        json.WriteEndObject();
    }

    static string GlobalPool(VitPooling pooling) => pooling switch
    {
        VitPooling.Attention => "map",
        VitPooling.Patches => "avg",
        _ => "token",
    };

    // Adapters may have been trained on the same model as transformers has it.
    public override IEnumerable<TensorSource> LayerNames(VitConfig config, int block, LinearRole role) =>
        new VitFamily[] { PlainVit.Family, Deit.Family, Dinov2.Family, Dinov2.WithRegisters, Clip.Family }
            .SelectMany(family => family.LayerNames(config, block, role)).DistinctBy(name => name.Name);

    public override IEnumerable<TensorSource> PoolingNames(VitConfig config, LinearRole role) => Siglip.Family.PoolingNames(config, role);

    public override bool Equals(object? obj) => obj is TimmVit other && other.Architecture == Architecture;

    public override int GetHashCode() => Architecture.GetHashCode(StringComparison.Ordinal);

    string Architecture => architecture;
}

/// <summary>The layout of timm, in which query, key and value are one tensor <c>[3d, d]</c> in this order.</summary>
internal sealed record TimmVitLayout : VitLayout
{
    const string Pool = "attn_pool.";

    /// <summary>Whether the last norm stands behind the pooling, where it has another name.</summary>
    public bool NormAfterPooling { get; init; }

    public override TensorSource ClassToken => new("cls_token");

    public override TensorSource DistillationToken => new("dist_token");

    public override TensorSource Registers => new("reg_token");

    public override TensorSource Positions => new("pos_embed");

    public override TensorSource Patches => new("patch_embed.proj");

    public override TensorSource NormBeforeBlocks => new("norm_pre");

    public override TensorSource LastNorm => new(NormAfterPooling ? "fc_norm" : "norm");

    public override AttentionPoolLayout AttentionPool => new(new(Pool + "latent"), new(Pool + "q"), new(Pool + "kv", 0, 2), new(Pool + "kv", 1, 2), new(Pool + "proj"),
        new(Pool + "norm"), new(Pool + "mlp.fc1"), new(Pool + "mlp.fc2"));

    public override TensorSource Head => new("head");

    public override TensorSource DistillationHead => new("head_dist");

    public override IReadOnlyCollection<string> Unused => [];

    public override TensorSource NormBefore(int block) => new($"blocks.{block}.norm1");

    public override TensorSource NormAfter(int block) => new($"blocks.{block}.norm2");

    public override TensorSource AttentionScale(int block) => new($"blocks.{block}.ls1.gamma");

    public override TensorSource FeedForwardScale(int block) => new($"blocks.{block}.ls2.gamma");

    public override TensorSource Layer(int block, LinearRole role) => role switch
    {
        LinearRole.Query => new($"blocks.{block}.attn.qkv", 0, 3),
        LinearRole.Key => new($"blocks.{block}.attn.qkv", 1, 3),
        LinearRole.Value => new($"blocks.{block}.attn.qkv", 2, 3),
        LinearRole.Output => new($"blocks.{block}.attn.proj"),
        LinearRole.FeedForwardIn => new($"blocks.{block}.mlp.fc1"),
        LinearRole.FeedForwardOut => new($"blocks.{block}.mlp.fc2"),
        _ => throw NoSuchLayer(role),
    };
}

using System.Text.Json;

namespace LoraComposition.Models;

/// <summary>
/// DeiT (arXiv:2012.12877): a ViT with a second token, which learned a teacher's answers. Alone its class token is classified (DeiTForImageClassification,
/// DeiTModel); with the teacher (DeiTForImageClassificationWithTeacher) each of the two tokens has a head, and the answer is the mean of theirs.
/// </summary>
internal sealed class Deit : VitFamily
{
    const string WithTeacher = "DeiTForImageClassificationWithTeacher", Alone = "DeiTForImageClassification";

    // transformers' defaults where a configuration leaves a setting out.
    static readonly VitConfig missing = new() { PatchSize = 16, Parts = new() { DistillationToken = true } };
    static readonly TimmVitLayout timm = new();

    public static Deit Family { get; } = new();

    public override IReadOnlyList<string> ModelTypes => ["deit"];

    public override string ImageProcessor => "DeiTImageProcessor";

    public override VitConfig Read(ConfigFields fields, CheckpointFiles files)
    {
        var config = VitSettings.ReadSizes(fields, missing) with { QkvBias = fields.Flag("qkv_bias") ?? true, ClassNames = VitSettings.ClassNames(fields) };
        bool twoHeads = files.Find(new DeitLayout("", true).DistillationHead.Weight.Name) is not null || VitSettings.Architecture(fields) == WithTeacher;
        return config with { Family = this, Parts = config.Parts with { Pooling = twoHeads ? VitPooling.ClassAndDistillationToken : VitPooling.ClassToken } };
    }

    public override VitLayout LayoutOf(VitConfig config, IEnumerable<string> tensors) => new DeitLayout(TransformersVitLayout.PrefixIn(tensors, DeitLayout.Front), TwoHeads(config));

    public override VitLayout LayoutFor(VitConfig config) => new DeitLayout(DeitLayout.Front, TwoHeads(config));

    public override string ClassifierName(VitConfig config) => TwoHeads(config) ? WithTeacher : Alone;

    public override void Write(Utf8JsonWriter json, VitConfig config) =>
        VitSettings.WritePlain(json, config, config.ClassNames.Count > 0 || TwoHeads(config) ? ClassifierName(config) : "DeiTModel", "deit");

    public override IEnumerable<TensorSource> LayerNames(VitConfig config, int block, LinearRole role)
    {
        string now = $"layers.{block}.{PlainVit.SinceTransformers5(role)}";
        return [new(DeitLayout.Front + now), new DeitLayout(DeitLayout.Front, false).Layer(block, role), new(now), new DeitLayout("", false).Layer(block, role), timm.Layer(block, role)];
    }

    static bool TwoHeads(VitConfig config) => config.Parts.Pooling == VitPooling.ClassAndDistillationToken;
}

/// <summary>The layout of transformers' DeiT: that of its ViT under another name, and what is for the second token.</summary>
/// <param name="Prefix"><c>deit.</c> for a classifier; empty for a model that was saved without its head.</param>
/// <param name="TwoHeads">Whether each token has a head.</param>
internal sealed record DeitLayout(string Prefix, bool TwoHeads) : TransformersVitLayout(Prefix)
{
    public const string Front = "deit.";

    public override TensorSource DistillationToken => new(Prefix + "embeddings.distillation_token");

    public override TensorSource Head => new(TwoHeads ? "cls_classifier" : "classifier");

    public override TensorSource DistillationHead => new("distillation_classifier");

    protected override string FamilyPrefix => Front;
}

using System.Text.Json;

namespace LoraComposition.Models;

/// <summary>
/// DINOv2 (arXiv:2304.07193), with and without registers (arXiv:2309.16588), with a feed-forward part of GELU or of SwiGLU, as transformers has it
/// (Dinov2ForImageClassification, Dinov2Model, and the same called Dinov2WithRegisters): layer scale, and a head on the class token and the mean of the patches.
/// </summary>
internal sealed class Dinov2 : VitFamily
{
    const int DefaultRegisters = 4;
    const double DefaultRatio = 4;
    const long LargestWidth = 1 << 20;

    // transformers' defaults where a configuration leaves a setting out.
    static readonly VitConfig missing = new() { PatchSize = 14, LayerNormEpsilon = 1e-6, Parts = new() { LayerScale = true, Pooling = VitPooling.ClassTokenAndPatches } };
    static readonly TimmVitLayout timm = new();

    readonly string modelType, className;
    readonly bool hasRegisters;

    Dinov2(string modelType, string className, bool hasRegisters) => (this.modelType, this.className, this.hasRegisters) = (modelType, className, hasRegisters);

    public static Dinov2 Family { get; } = new("dinov2", "Dinov2", hasRegisters: false);

    public static Dinov2 WithRegisters { get; } = new("dinov2_with_registers", "Dinov2WithRegisters", hasRegisters: true);

    public override IReadOnlyList<string> ModelTypes => [modelType];

    public override string ImageProcessor => "BitImageProcessor";

    public override bool TakesAnySize => true;

    public override VitConfig Read(ConfigFields fields, CheckpointFiles files)
    {
        var config = VitSettings.ReadSizes(fields, missing);
        bool gated = fields.Flag("use_swiglu_ffn") ?? false;
        double ratio = fields.Number("mlp_ratio") ?? DefaultRatio;
        return config with
        {
            Family = this,
            IntermediateSize = Inner(config.HiddenSize, ratio, gated) is > 0 and < LargestWidth and var inner ? (int)inner
                : throw fields.Expected("mlp_ratio", $"a feed-forward part of 1 to {LargestWidth - 1} numbers", fields.Find("mlp_ratio") ?? fields.Find("hidden_size")!.Value),
            QkvBias = fields.Flag("qkv_bias") ?? true,
            ClassNames = VitSettings.ClassNames(fields),
            Parts = config.Parts with
            {
                RegisterCount = hasRegisters ? fields.Count("num_register_tokens") ?? DefaultRegisters : 0,
                Activation = gated ? VitActivation.SwiGlu : config.Parts.Activation,
                PositionFilter = hasRegisters ? GridFilter.Antialiased : GridFilter.Plain,
            },
        };
    }

    // Of a gated part a third is taken off, for it has two first layers, and the rest rounded up to a multiple of 8.
    static double Inner(int width, double ratio, bool gated)
    {
        double inner = Math.Truncate(width * ratio);
        return gated ? Math.Floor((Math.Truncate(inner * 2 / 3) + 7) / 8) * 8 : inner;
    }

    static double Ratio(VitConfig config)
    {
        bool gated = config.Parts.Activation == VitActivation.SwiGlu;
        double ratio = (gated ? 1.5 : 1) * config.IntermediateSize / config.HiddenSize;
        // What is read is cut off, so that the quotient must not lie a rounding below.
        return Inner(config.HiddenSize, ratio, gated) < config.IntermediateSize ? Math.BitIncrement(ratio) : ratio;
    }

    public override VitLayout LayoutOf(VitConfig config, IEnumerable<string> tensors) =>
        Layout(config, TransformersVitLayout.PrefixIn(tensors, modelType + "."));

    public override VitLayout LayoutFor(VitConfig config) => Layout(config, modelType + ".");

    public override string ClassifierName(VitConfig config) => className + "ForImageClassification";

    public override void Write(Utf8JsonWriter json, VitConfig config)
    {
        VitSettings.WriteArchitecture(json, config.ClassNames.Count > 0 ? ClassifierName(config) : className + "Model");
        json.WriteNumber("attention_probs_dropout_prob", 0.0);
        json.WriteNumber("hidden_dropout_prob", 0.0);
        VitSettings.WriteSizes(json, config);
        VitSettings.WriteClassNames(json, config.ClassNames);
        json.WriteNumber("mlp_ratio", Ratio(config));
        json.WriteString("model_type", modelType);
        if (hasRegisters) json.WriteNumber("num_register_tokens", config.Parts.RegisterCount);
        json.WriteBoolean("qkv_bias", config.QkvBias);
        json.WriteBoolean("use_mask_token", false);
        json.WriteBoolean("use_swiglu_ffn", config.Parts.Activation == VitActivation.SwiGlu);
    }

    public override IEnumerable<TensorSource> LayerNames(VitConfig config, int block, LinearRole role)
    {
        var name = LayoutFor(config).Layer(block, role);
        return [name, name, Layout(config, "").Layer(block, role), timm.Layer(block, role)];
    }

    Dinov2Layout Layout(VitConfig config, string prefix) => new(prefix, modelType, config.Parts.Activation == VitActivation.SwiGlu);
}

/// <summary>The layout of transformers' DINOv2.</summary>
/// <param name="Prefix">The family's name and a dot for a classifier; empty for a model that was saved without its head.</param>
/// <param name="Name">The family's name.</param>
/// <param name="Gated">Whether the feed-forward parts are gated.</param>
internal sealed record Dinov2Layout(string Prefix, string Name, bool Gated) : TransformersVitLayout(Prefix)
{
    public override TensorSource Registers => new(Prefix + "embeddings.register_tokens");

    public override IReadOnlyCollection<string> Unused => [Prefix + "embeddings.mask_token"];

    protected override string FamilyPrefix => Name + ".";

    public override TensorSource NormBefore(int block) => new(Block(block) + "norm1");

    public override TensorSource NormAfter(int block) => new(Block(block) + "norm2");

    public override TensorSource AttentionScale(int block) => new(Block(block) + "layer_scale1.lambda1");

    public override TensorSource FeedForwardScale(int block) => new(Block(block) + "layer_scale2.lambda1");

    public override TensorSource Layer(int block, LinearRole role) => role switch
    {
        LinearRole.FeedForwardIn => new(Block(block) + (Gated ? "mlp.weights_in" : "mlp.fc1")),
        LinearRole.FeedForwardOut => new(Block(block) + (Gated ? "mlp.weights_out" : "mlp.fc2")),
        _ => base.Layer(block, role),
    };
}

using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using LoraComposition.Files;

namespace LoraComposition.Models;

/// <summary>
/// The shape of a ViT in timm's layout. On the hub timm's <c>config.json</c> mostly names an architecture and leaves its arguments out, so the sizes are those
/// of the tensors;
/// what is given besides must agree with them.
/// </summary>
internal sealed partial class TimmConfig
{
    // timm's models with a norm in front of the blocks, which are CLIP's, have the second.
    const double LayerNormEpsilon = 1e-6, ClipEpsilon = 1e-5;
    const int LargestSize = 1 << 20;

    // The one size that no tensor tells, for the architectures whose other settings are timm's defaults.
    static readonly (string Family, int Width, int Heads)[] families =
    [
        ("vit_tiny_", 192, 3), ("vit_small_", 384, 6), ("vit_base_", 768, 12), ("vit_large_", 1024, 16), ("vit_huge_", 1280, 16), ("vit_giant_", 1408, 16),
        ("vit_gigantic_", 1664, 16), ("deit_tiny_", 192, 3), ("deit_small_", 384, 6), ("deit_base_", 768, 12), ("deit3_small_", 384, 6), ("deit3_medium_", 512, 8),
        ("deit3_base_", 768, 12), ("deit3_large_", 1024, 16), ("deit3_huge_", 1280, 16), ("vit_giant_", 1536, 24), ("vit_giantopt_", 1536, 16), ("vit_so400m_", 1152, 16),
    ];

    // The names of activations in arguments.
    static readonly (string Name, VitActivation Activation)[] activations =
    [
        ("gelu", VitActivation.Gelu), ("quick_gelu", VitActivation.QuickGelu), ("quickgelu", VitActivation.QuickGelu), ("gelu_tanh", VitActivation.TanhGelu),
        ("gelu_pytorch_tanh", VitActivation.TanhGelu), ("silu", VitActivation.SwiGlu), ("swish", VitActivation.SwiGlu),
    ];


    // These change how a model is trained or stored, not what it computes.
    static readonly HashSet<string> harmless = new(StringComparer.Ordinal)
    {
        "img_size", "patch_size", "in_chans", "num_classes", "global_pool", "embed_dim", "depth", "num_heads", "mlp_ratio", "qkv_bias",
        "class_token", "reg_tokens", "no_embed_class", "pre_norm", "fc_norm", "init_values", "act_layer", "drop_rate", "pos_drop_rate", "patch_drop_rate", "proj_drop_rate", "attn_drop_rate", "drop_path_rate", "weight_init", "fix_init", "dynamic_img_size",
    };

    readonly ConfigFields fields;
    readonly ConfigFields? arguments;
    readonly CheckpointFiles files;

    TimmConfig(ConfigFields fields, CheckpointFiles files) => (this.fields, arguments, this.files) = (fields, fields.Section("model_args"), files);

    /// <summary>Whether a configuration is timm's: it names an architecture, and no model type of transformers.</summary>
    public static bool IsOne(ConfigFields fields) => fields.Find("architecture") is not null && fields.Find("model_type") is null;

    /// <summary>The shape of the model, from the tensors and the configuration.</summary>
    /// <exception cref="CheckpointException">They contradict each other, leave a size open, or describe what this ViT does not compute.</exception>
    public static VitConfig Read(ConfigFields fields, CheckpointFiles files)
    {
        var config = new TimmConfig(fields, files);
        config.CheckArguments();
        TimmParts.RefuseOthers(files);
        return config.Shape();
    }

    /// <summary>What an activation is called in the arguments.</summary>
    public static string ActivationName(VitActivation activation) => activations.First(known => known.Activation == activation).Name;

    /// <summary>The width of the first layer of the feed-forward parts by that of the model; of a gated part it has both halves.</summary>
    public static double Ratio(VitConfig config)
    {
        double first = config.Parts.Activation == VitActivation.SwiGlu ? 2.0 * config.IntermediateSize : config.IntermediateSize, ratio = first / config.HiddenSize;
        // What is read is cut off, so that the quotient must not lie a rounding below.
        return Math.Truncate(config.HiddenSize * ratio) < first ? Math.BitIncrement(ratio) : ratio;
    }

    VitConfig Shape()
    {
        // [d, channels, side, side]
        var patch = Tensor("patch_embed.proj.weight", 4);
        if (patch[2] != patch[3])
            throw new CheckpointException(files.PathOf("patch_embed.proj.weight"),
                $"the patches are {patch[2]} × {patch[3]} pixels; only square ones are supported.");
        int width = Agreed("embed_dim", patch[0]), channels = Agreed("in_chans", patch[1]), side = Agreed("patch_size", patch[2]);
        string architecture = fields.Text("architecture")!;
        if (arguments?.Find("patch_size") is null && PatchInName().Match(architecture) is { Success: true } named
            && named.Groups[1].Value != side.ToString(CultureInfo.InvariantCulture))
            throw new CheckpointException(files.PathOf("patch_embed.proj.weight"),
                $"expected patches of {named.Groups[1].Value} pixels for architecture {Excerpt.Of(architecture)}, found {side}.");

        int layers = 0;
        while (files.Find($"blocks.{layers}.norm1.weight") is not null) layers++;
        // [m, d] and [d, m]; of a gated part [2m, d] and [d, m].
        int first = Tensor("blocks.0.mlp.fc1.weight", 2)[0], inner = Tensor("blocks.0.mlp.fc2.weight", 2)[1];
        if (arguments?.Number("mlp_ratio") is { } ratio && (int)Math.Clamp(width * ratio, 0, int.MaxValue) != first)
            throw new CheckpointException(fields.Path, $"expected mlp_ratio {(double)first / width} as in tensor 'blocks.0.mlp.fc1.weight', found {ratio}.");
        bool bias = files.Find("blocks.0.attn.qkv.bias") is not null;
        if (arguments?.Flag("qkv_bias") is { } flag && flag != bias)
            throw new CheckpointException(fields.Path, $"qkv_bias is {flag}, and tensor 'blocks.0.attn.qkv.bias' is {(bias ? "there" : "missing")}.");

        var (parts, grid) = new TimmParts(fields, arguments, files).Read(architecture, Activation(architecture, gated: first == 2 * inner), Tensor("pos_embed", 3)[1]);
        // The positions' filter is all that a plain ViT may have of its own.
        bool isPlain = parts with { PositionFilter = default } == new VitParts();
        return new VitConfig
        {
            HiddenSize = width,
            LayerCount = Agreed("depth", layers),
            HeadCount = Heads(architecture, width),
            IntermediateSize = inner,
            ImageSize = ImageSize(grid, side),
            PatchSize = side,
            ChannelCount = channels,
            QkvBias = bias,
            LayerNormEpsilon = parts.NormBeforeBlocks ? ClipEpsilon : LayerNormEpsilon,
            ClassNames = ClassNames(),
            Parts = parts,
            Family = isPlain ? PlainVit.Family : new TimmVit(architecture),
        };
    }

    /// <summary>The activation that the arguments give, or else the architecture.</summary>
    VitActivation Activation(string architecture, bool gated)
    {
        if (arguments?.Text("act_layer") is not { } given)
            return gated ? VitActivation.SwiGlu : QuickInName().IsMatch(architecture) ? VitActivation.QuickGelu : TanhInName().IsMatch(architecture) ? VitActivation.TanhGelu
                : VitActivation.Gelu;
        var possible = activations.Where(known => known.Activation == VitActivation.SwiGlu == gated).ToArray();
        return Array.Find(possible, known => known.Name == given) is { Name: not null } found ? found.Activation
            : throw arguments.Expected("model_args.act_layer", Words.Or(possible.Select(known => known.Name)), arguments.Find("act_layer")!.Value);
    }

    int Heads(string architecture, int width)
    {
        if (arguments?.Positive("num_heads") is { } heads) return heads;
        var known = families.FirstOrDefault(family => family.Width == width && architecture.StartsWith(family.Family, StringComparison.Ordinal));
        return known.Width == width ? known.Heads : throw new CheckpointException(fields.Path,
            $"the number of attention heads is in no tensor, and not known for architecture '{Excerpt.Of(architecture)}' of width {width}; add it as num_heads to model_args.");
    }

    /// <summary>The side of the image by the positions; the configuration must say the same.</summary>
    int ImageSize(int grid, int patch)
    {
        int side = grid * patch;   // below 2³⁰: the positions are fewer than 2²⁰, so the grid is below 2¹⁰
        var given = arguments?.Find("img_size") is not null ? Square(arguments, "img_size") : InputSize();
        if (given is not null && given != side)
            throw new CheckpointException(fields.Path,
                $"the image's side is {given}, expected {side} as by tensor 'pos_embed' with {grid} patches of {patch} pixels along a side.");
        return side;
    }

    // The old form of the file has no pretrained_cfg and holds its settings itself. [channels, side, side]
    int? InputSize()
    {
        var pretrained = fields.Section("pretrained_cfg") ?? fields;
        if (pretrained.Find("input_size") is not { } size) return null;
        int[] sizes = Integers(size);
        return sizes.Length == 3 && sizes[1] == sizes[2] ? sizes[1] : throw fields.Expected("input_size", "channels and two equal sides", size);
    }

    IReadOnlyList<string> ClassNames()
    {
        if (files.Find("head.weight") is { } head && fields.Count("num_classes") is { } classes && !(head.Shape is [var rows, ..] && rows == classes))
            throw new CheckpointException(files.PathOf("head.weight"),
                $"tensor 'head.weight': expected {classes} classes as in num_classes, found [{string.Join(", ", head.Shape)}].");
        if (fields.Find("label_names") is not { } names) return [];
        return names.ValueKind == JsonValueKind.Array && names.EnumerateArray().All(name => name.ValueKind == JsonValueKind.String)
            ? [.. names.EnumerateArray().Select(name => name.GetString()!)]
            : throw fields.Expected("label_names", "a list of names", names);
    }

    void CheckArguments()
    {
        foreach (string name in arguments?.Names ?? [])
        {
            if (arguments!.Find(name) is { } value && !harmless.Contains(name) && !IsDefault(name, value))
                throw arguments.Expected($"model_args.{Excerpt.Of(name)}", "timm's default (this ViT computes nothing else)", value);
        }
    }

    static bool IsDefault(string name, JsonElement value) => name switch
    {
        "final_norm" => value.ValueKind == JsonValueKind.True,
        "pos_embed" => value.ValueKind == JsonValueKind.String && value.ValueEquals("learn"),
        _ => value.ValueKind == JsonValueKind.False,
    };

    /// <summary>A size by the tensors, which the argument must not contradict.</summary>
    int Agreed(string argument, int found) => arguments is null || arguments.Find(argument) is null || Square(arguments, argument) == found
        ? found
        : throw arguments.Expected($"model_args.{argument}", $"{found} as in the tensors", arguments.Find(argument)!.Value);

    /// <summary>A size that may be given once or for both sides.</summary>
    static int? Square(ConfigFields from, string name)
    {
        if (from.Find(name) is not { ValueKind: JsonValueKind.Array } pair) return from.Positive(name);
        int[] sides = Integers(pair);
        return sides.Length == 2 && sides[0] == sides[1] ? sides[0] : throw from.Expected(name, "a size, or two equal ones", pair);
    }

    static int[] Integers(JsonElement array) => array.ValueKind != JsonValueKind.Array ? []
        : [.. array.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out int number) ? number : -1)];

    int[] Tensor(string name, int dimensions)
    {
        var found = files.Find(name) ?? throw new CheckpointException(files.Path, $"tensor '{name}' is missing, which a ViT in timm's layout has.");
        if (found.Shape.Count != dimensions || found.Shape.Any(size => size is < 1 or >= LargestSize))
            throw new CheckpointException(files.PathOf(name),
                $"tensor '{name}': expected {dimensions} dimensions from 1 to {LargestSize - 1}, found [{string.Join(", ", found.Shape)}].");
        return [.. found.Shape.Select(size => (int)size)];
    }

    [GeneratedRegex(@"_patch(\d{1,4})(?!\d)", RegexOptions.CultureInvariant)]
    private static partial Regex PatchInName();

    [GeneratedRegex("quickgelu", RegexOptions.CultureInvariant)]
    private static partial Regex QuickInName();

    // As timm's own list has it; its other models of SigLIP have the exact GELU.
    [GeneratedRegex("^vit_(base_patch32|so400m_patch16|giantopt_patch16)_siglip_|^vit_large_patch16_siglip_(gap_)?512", RegexOptions.CultureInvariant)]
    private static partial Regex TanhInName();
}

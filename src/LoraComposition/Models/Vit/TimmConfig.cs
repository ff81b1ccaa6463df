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
    const double LayerNormEpsilon = 1e-6;
    const int LargestSize = 1 << 20;

    // The one size that no tensor tells, for the architectures whose other settings are timm's defaults.
    static readonly (string Family, int Width, int Heads)[] families =
    [
        ("vit_tiny_", 192, 3), ("vit_small_", 384, 6), ("vit_base_", 768, 12), ("vit_large_", 1024, 16), ("vit_huge_", 1280, 16), ("vit_giant_", 1408, 16),
        ("vit_gigantic_", 1664, 16), ("deit_tiny_", 192, 3), ("deit_small_", 384, 6), ("deit_base_", 768, 12),
    ];

    // These change how a model is trained or stored, not what it computes.
    static readonly HashSet<string> harmless = new(StringComparer.Ordinal)
    {
        "img_size", "patch_size", "in_chans", "num_classes", "global_pool", "embed_dim", "depth", "num_heads", "mlp_ratio", "qkv_bias",
        "drop_rate", "pos_drop_rate", "patch_drop_rate", "proj_drop_rate", "attn_drop_rate", "drop_path_rate", "weight_init", "fix_init", "dynamic_img_size",
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
        CheckPooling(fields);
        if (config.arguments is { } arguments) CheckPooling(arguments);
        TimmParts.RefuseOthers(files);
        return config.Shape();
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
        // [m, d]
        int inner = Tensor("blocks.0.mlp.fc1.weight", 2)[0];
        if (arguments?.Number("mlp_ratio") is { } ratio && (int)Math.Clamp(width * ratio, 0, int.MaxValue) != inner)
            throw new CheckpointException(fields.Path, $"expected mlp_ratio {(double)inner / width} as in tensor 'blocks.0.mlp.fc1.weight', found {ratio}.");
        bool bias = files.Find("blocks.0.attn.qkv.bias") is not null;
        if (arguments?.Flag("qkv_bias") is { } flag && flag != bias)
            throw new CheckpointException(fields.Path, $"qkv_bias is {flag}, and tensor 'blocks.0.attn.qkv.bias' is {(bias ? "there" : "missing")}.");

        return new VitConfig
        {
            HiddenSize = width,
            LayerCount = Agreed("depth", layers),
            HeadCount = Heads(architecture, width),
            IntermediateSize = inner,
            ImageSize = ImageSize(side),
            PatchSize = side,
            ChannelCount = channels,
            QkvBias = bias,
            LayerNormEpsilon = LayerNormEpsilon,
            ClassNames = ClassNames(),
        };
    }

    int Heads(string architecture, int width)
    {
        if (arguments?.Positive("num_heads") is { } heads) return heads;
        var known = families.FirstOrDefault(family => architecture.StartsWith(family.Family, StringComparison.Ordinal));
        return known.Width == width ? known.Heads : throw new CheckpointException(fields.Path,
            $"the number of attention heads is in no tensor, and not known for architecture '{Excerpt.Of(architecture)}' of width {width}; add it as num_heads to model_args.");
    }

    /// <summary>The side of the image by the positions, <c>[1, 1 + grid², d]</c>; the configuration must say the same.</summary>
    int ImageSize(int patch)
    {
        int tokens = Tensor("pos_embed", 3)[1], grid = (int)Math.Sqrt(tokens - 1);
        if (tokens < 2 || 1 + grid * grid != tokens)
            throw new CheckpointException(files.PathOf("pos_embed"),
                $"tensor 'pos_embed' holds {tokens} positions, expected one for the class token and those of a square of patches.");
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
        "class_token" or "final_norm" => value.ValueKind == JsonValueKind.True,
        "reg_tokens" => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int count) && count == 0,
        "act_layer" => value.ValueKind == JsonValueKind.String && value.ValueEquals("gelu"),
        "pos_embed" => value.ValueKind == JsonValueKind.String && value.ValueEquals("learn"),
        _ => value.ValueKind == JsonValueKind.False,
    };

    static void CheckPooling(ConfigFields from)
    {
        if (from.Text("global_pool") is { } pooling && pooling != "token")
            throw from.Expected("global_pool", "\"token\" (the class token is what is classified)", from.Find("global_pool")!.Value);
    }

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
}

/// <summary>The parts that timm's ViTs may have and this one does not compute. They are refused by name, because a left-over tensor explains little.</summary>
internal static class TimmParts
{
    static readonly (string Name, string Meaning)[] others =
    [
        ("reg_token", "register tokens"), ("dist_token", "a distillation token"), ("head_dist", "a distillation head"),
            ("norm_pre", "a norm in front of the blocks, as in CLIP"),
        ("fc_norm", "average pooling with its own norm"), ("attn_pool", "attention pooling"), ("pre_logits", "a layer in front of the head"), ("ls1", "layer scale"),
        ("ls2", "layer scale"), ("gamma_1", "layer scale"), ("gamma_2", "layer scale"), ("q_norm", "norms of query and key"), ("k_norm", "norms of query and key"),
        ("backbone", "a convolutional stem"), ("attns", "parallel blocks"), ("ffns", "parallel blocks"), ("rel_pos", "relative positions"),
            ("rel_pos_bias_table", "relative positions"),
        ("relative_position_bias_table", "relative positions"),
    ];

    /// <summary>Refuses a checkpoint that holds such a part, or lacks the class token.</summary>
    /// <exception cref="CheckpointException">It does.</exception>
    public static void RefuseOthers(CheckpointFiles files)
    {
        foreach (string name in files.Names)
        {
            foreach (string segment in name.Split('.'))
            {
                if (Array.Find(others, part => part.Name == segment) is { Name: not null } other)
                    throw new CheckpointException(files.PathOf(name), $"tensor '{name}' belongs to {other.Meaning}, which this ViT does not compute.");
            }
        }
        if (files.Find("cls_token") is null)
            throw new CheckpointException(files.Path, "tensor 'cls_token' is missing: a ViT without a class token (average pooling) is not computed here.");
    }
}

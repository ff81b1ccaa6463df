
namespace LoraComposition.Models;

/// <summary>What a model in timm's layout is made of: most of it is told by its tensors, and what is given besides must agree with them.</summary>
/// <param name="fields">The configuration.</param>
/// <param name="arguments">Its <c>model_args</c>; null where there are none.</param>
/// <param name="files">The tensors.</param>
internal sealed class TimmParts(ConfigFields fields, ConfigFields? arguments, CheckpointFiles files)
{
    /// <summary>The parts that timm's ViTs may have and this one does not compute. They are refused by name, because a left-over tensor explains little.</summary>
    static readonly (string Name, string Meaning)[] others =
    [
        ("pre_logits", "a layer in front of the head"), ("gamma_1", "layer scale of BEiT"), ("gamma_2", "layer scale of BEiT"), ("q_norm", "norms of query and key"),
        ("k_norm", "norms of query and key"), ("backbone", "a convolutional stem"), ("attns", "parallel blocks"), ("ffns", "parallel blocks"), ("rel_pos", "relative positions"),
        ("rel_pos_bias_table", "relative positions"), ("relative_position_bias_table", "relative positions"), ("fc1_g", "a gate of two layers"), ("fc1_x", "a gate of two layers"),
    ];

    /// <summary>Refuses a checkpoint that holds such a part.</summary>
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
    }

    /// <summary>The parts, and the patches along one side of the image.</summary>
    /// <param name="architecture">What timm calls the model.</param>
    /// <param name="activation">What stands between the two layers of the feed-forward parts.</param>
    /// <param name="positions">How many positions there are.</param>
    /// <exception cref="CheckpointException">The configuration contradicts the tensors, or asks for what is not computed.</exception>
    public (VitParts Parts, int Grid) Read(string architecture, VitActivation activation, int positions)
    {
        bool classToken = Agreed("class_token", Has("cls_token"), "cls_token"), distillation = Has("dist_token");
        int registers = files.Find("reg_token") is { Shape: [_, < 1 << 20 and var count, _] } ? (int)count : 0;
        if (arguments?.Count("reg_tokens") is { } given && given != registers)
            throw arguments.Expected("model_args.reg_tokens", $"{registers} as in the tensors", arguments.Find("reg_tokens")!.Value);
        int front = (classToken ? 1 : 0) + (distillation ? 1 : 0);
        // One of the two is a square, for no two squares lie so near to each other but 0 and 1.
        bool alone = Root(positions) is not null && (front > 0 || arguments?.Flag("no_embed_class") == true);
        int grid = Root(alone ? positions : positions - front)
            ?? throw new CheckpointException(files.PathOf("pos_embed"),
                $"tensor 'pos_embed' holds {positions} positions, expected those of a square of patches{(front > 0 ? ", with one for the class token or without" : "")}.");
        if (front > 0 && arguments?.Flag("no_embed_class") is { } none && none != alone)
            throw arguments.Expected("model_args.no_embed_class", $"{(alone ? "true" : "false")}, since tensor 'pos_embed' holds {positions} positions,", arguments.Find("no_embed_class")!.Value);
        bool normsFirst = Agreed("pre_norm", Has("norm_pre.weight"), "norm_pre.weight"), normsLast = Has("fc_norm.weight");
        bool scales = Has("blocks.0.ls1.gamma");
        if (arguments?.Number("init_values") is not null && !scales)
            throw arguments.Expected("model_args.init_values", "nothing, since tensor 'blocks.0.ls1.gamma' is missing,", arguments.Find("init_values")!.Value);
        Agreed("fc_norm", normsLast, "fc_norm.weight");
        return (new VitParts
        {
            ClassToken = classToken,
            DistillationToken = distillation,
            RegisterCount = registers,
            PositionsInFront = !alone || front == 0,
            PatchBias = Has("patch_embed.proj.bias"),
            NormBeforeBlocks = normsFirst,
            LayerScale = scales,
            Activation = activation,
            Pooling = distillation ? VitPooling.ClassAndDistillationToken : Pooling(architecture, classToken, normsLast),
            LastNorm = normsLast ? VitNormPlace.AfterPooling : VitNormPlace.BeforePooling,
            PositionFilter = GridFilter.Antialiased,
        }, grid);
    }

    VitPooling Pooling(string architecture, bool classToken, bool normsLast)
    {
        // timm moves the last norm behind a mean, unless it is told not to, as in its models of SigLIP with a mean.
        bool mayAverage = normsLast || arguments?.Flag("fc_norm") == false || architecture.Contains("_gap_", StringComparison.Ordinal);
        bool averages = mayAverage && (normsLast || GlobalPool(arguments) == "avg" || GlobalPool(fields) == "avg" || !classToken);
        string found = Has("attn_pool.latent") ? "map" : averages ? "avg" : classToken ? "token"
            : throw new CheckpointException(files.Path, "tensor 'cls_token' is missing, and neither 'attn_pool.latent' nor 'fc_norm.weight' is there: what is classified is not known.");
        foreach (var from in new[] { fields, arguments })
        {
            if (GlobalPool(from) is { } named && named != found)
                throw from!.Expected("global_pool", $"\"{found}\" as the tensors tell (token, avg and map are computed)", from.Find("global_pool")!.Value);
        }
        return found switch { "map" => VitPooling.Attention, "avg" => VitPooling.Patches, _ => VitPooling.ClassToken };
    }

    static string? GlobalPool(ConfigFields? from) => from?.Text("global_pool");

    bool Agreed(string argument, bool found, string tensor) => arguments?.Flag(argument) is { } flag && flag != found
        ? throw arguments.Expected($"model_args.{argument}", $"{(found ? "true" : "false")}, since tensor '{tensor}' is {(found ? "there" : "missing")},", arguments.Find(argument)!.Value)
        : found;

    bool Has(string name) => files.Find(name) is not null;

    static int? Root(int count) => count > 0 && (int)Math.Sqrt(count) is var side && side * side == count ? side : null;
}

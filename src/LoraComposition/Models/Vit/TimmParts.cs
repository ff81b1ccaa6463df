namespace LoraComposition.Models;

/// <summary>The parts that timm's ViTs may have and this one does not compute. They are refused by name, because a left-over tensor explains little.</summary>
internal static class TimmParts
{
    static readonly (string Name, string Meaning)[] others =
    [
        ("reg_token", "register tokens"), ("dist_token", "a distillation token"), ("head_dist", "a distillation head"), ("norm_pre", "a norm in front of the blocks, as in CLIP"),
        ("fc_norm", "average pooling with its own norm"), ("attn_pool", "attention pooling"), ("pre_logits", "a layer in front of the head"), ("ls1", "layer scale"),
        ("ls2", "layer scale"), ("gamma_1", "layer scale"), ("gamma_2", "layer scale"), ("q_norm", "norms of query and key"), ("k_norm", "norms of query and key"),
        ("backbone", "a convolutional stem"), ("attns", "parallel blocks"), ("ffns", "parallel blocks"), ("rel_pos", "relative positions"), ("rel_pos_bias_table", "relative positions"),
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

namespace LoraComposition.Models;

/// <summary>The layout of timm, in which query, key and value are one tensor <c>[3d, d]</c> in this order.</summary>
internal sealed record TimmVitLayout : VitLayout
{
    public override TensorSource ClassToken => new("cls_token");

    public override TensorSource Positions => new("pos_embed");

    public override TensorSource Patches => new("patch_embed.proj");

    public override TensorSource LastNorm => new("norm");

    public override TensorSource Head => new("head");

    public override IReadOnlyCollection<string> Unused => [];

    public override TensorSource NormBefore(int block) => new($"blocks.{block}.norm1");

    public override TensorSource NormAfter(int block) => new($"blocks.{block}.norm2");

    public override TensorSource Layer(int block, LinearRole role) => role switch
    {
        LinearRole.Query => new($"blocks.{block}.attn.qkv", 0, 3),
        LinearRole.Key => new($"blocks.{block}.attn.qkv", 1, 3),
        LinearRole.Value => new($"blocks.{block}.attn.qkv", 2, 3),
        LinearRole.Output => new($"blocks.{block}.attn.proj"),
        LinearRole.FeedForwardIn => new($"blocks.{block}.mlp.fc1"),
        LinearRole.FeedForwardOut => new($"blocks.{block}.mlp.fc2"),
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, "A block has no such layer."),
    };
}

namespace LoraComposition.Models;

/// <summary>How a checkpoint names the parts of a ViT: for each parameter the tensor, or the part of one, that holds it.</summary>
internal abstract record VitLayout
{
    public abstract TensorSource ClassToken { get; }

    public abstract TensorSource Positions { get; }

    /// <summary>The convolution that projects the patches.</summary>
    public abstract TensorSource Patches { get; }

    /// <summary>The norm after the last block.</summary>
    public abstract TensorSource LastNorm { get; }

    /// <summary>The classifier.</summary>
    public abstract TensorSource Head { get; }

    /// <summary>Tensors that checkpoints may hold and classification does not use.</summary>
    public abstract IReadOnlyCollection<string> Unused { get; }

    /// <summary>The norm in front of a block's attention.</summary>
    public abstract TensorSource NormBefore(int block);

    /// <summary>The norm after a block's attention.</summary>
    public abstract TensorSource NormAfter(int block);

    /// <summary>A linear layer of a block.</summary>
    public abstract TensorSource Layer(int block, LinearRole role);
}

/// <summary>The layout of transformers, in which the models of the hub are stored whatever the version.</summary>
/// <param name="Prefix"><c>vit.</c> for a classifier; empty for a model that was saved without its head.</param>
internal sealed record TransformersVitLayout(string Prefix) : VitLayout
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

    /// <summary>The layout of a checkpoint with these tensors.</summary>
    public static TransformersVitLayout Of(IEnumerable<string> tensors) =>
        tensors.Any(name => name.StartsWith(Default.Prefix, StringComparison.Ordinal)) ? Default : new("");

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
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, "A block has no such layer."),
    });

    string Block(int block) => $"{Prefix}encoder.layer.{block}.";
}

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

namespace LoraComposition.Models;

/// <summary>The layout of transformers, in which the models of the hub are stored whatever the version.</summary>
/// <param name="Prefix"><c>vit.</c> for a classifier; empty for a backbone that was saved alone.</param>
internal sealed record TransformersVitLayout(string Prefix) : VitLayout
{
    /// <summary>The layout that is written.</summary>
    public static TransformersVitLayout Default { get; } = new("vit.");

    public override TensorSource ClassToken => new(Prefix + "embeddings.cls_token");

    public override TensorSource Positions => new(Prefix + "embeddings.position_embeddings");

    public override TensorSource Patches => new(Prefix + "embeddings.patch_embeddings.projection");

    public override TensorSource LastNorm => new(Prefix + "layernorm");

    public override TensorSource Head => new("classifier");

    public override IReadOnlyCollection<string> Unused => [Prefix + "pooler.dense.weight", Prefix + "pooler.dense.bias"];

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

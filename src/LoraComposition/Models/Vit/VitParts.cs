namespace LoraComposition.Models;

/// <summary>What a model of the ViT's family is made of beyond its sizes. The defaults are those of the plain ViT; a family states where it differs.</summary>
internal sealed record VitParts
{
    /// <summary>Whether a class token stands in front of the patches.</summary>
    public bool ClassToken { get; init; } = true;

    /// <summary>Whether a second token, which a teacher's answers trained, stands behind the class token.</summary>
    public bool DistillationToken { get; init; }

    /// <summary>How many tokens that nothing reads stand between those and the patches. They have no positions.</summary>
    public int RegisterCount { get; init; }

    /// <summary>Whether the class token and the distillation token have positions, as the patches do.</summary>
    public bool PositionsInFront { get; init; } = true;

    /// <summary>Whether the checkpoint holds the class token as <c>[d]</c> and the positions as <c>[tokens, d]</c>, without the 1 in front that others have.</summary>
    public bool FlatEmbeddings { get; init; }

    /// <summary>Whether the projection of the patches has a bias.</summary>
    public bool PatchBias { get; init; } = true;

    /// <summary>Whether there is a norm in front of the blocks too.</summary>
    public bool NormBeforeBlocks { get; init; }

    /// <summary>Whether the two parts of a block are scaled, each channel by a number of its own, before they are added.</summary>
    public bool LayerScale { get; init; }

    /// <summary>What stands between the two layers of the feed-forward parts.</summary>
    public VitActivation Activation { get; init; }

    /// <summary>What of the last block's tokens becomes the features.</summary>
    public VitPooling Pooling { get; init; }

    /// <summary>
    /// Whether the pooling by attention is there although something else is pooled, as transformers' classifier of SigLIP has it: adapters may change its layers, and
    /// it is written again, but nothing reads it.
    /// </summary>
    public bool KeepsAttentionPool { get; init; }

    /// <summary>Where the last norm stands.</summary>
    public VitNormPlace LastNorm { get; init; }

    /// <summary>The width that the features are projected to; null where they are not.</summary>
    public int? ProjectionSize { get; init; }

    /// <summary>How the positions become those of another size of the images.</summary>
    public GridFilter PositionFilter { get; init; }

    /// <summary>The tokens in front of the patches.</summary>
    public int TokensInFront => (ClassToken ? 1 : 0) + (DistillationToken ? 1 : 0) + RegisterCount;

    /// <summary>The positions in front of those of the patches.</summary>
    public int PositionCountInFront => PositionsInFront ? TokensInFront - RegisterCount : 0;

    /// <summary>How many tokens, from the first on, are read of the last block; null for all.</summary>
    public int? TokensRead => Pooling switch
    {
        VitPooling.ClassToken => 1,
        VitPooling.ClassAndDistillationToken => 2,
        _ => null,
    };

    /// <summary>The width of the features of a model of width d.</summary>
    public int FeatureSize(int width) => ProjectionSize ?? (Pooling is VitPooling.ClassAndDistillationToken or VitPooling.ClassTokenAndPatches ? 2 * width : width);
}

/// <summary>What stands between the two layers of a feed-forward part.</summary>
internal enum VitActivation
{
    /// <summary><c>x · Φ(x)</c>, exactly.</summary>
    Gelu,

    /// <summary><c>x · σ(1.702 x)</c>.</summary>
    QuickGelu,

    /// <summary>The GELU by the hyperbolic tangent: <c>½x · (1 + tanh(√(2/π) · (x + 0.044715 x³)))</c>.</summary>
    TanhGelu,

    /// <summary>SwiGLU (arXiv:2002.05202): the first layer has two halves, <c>silu(first) · second</c>.</summary>
    SwiGlu,
}

/// <summary>What of the last block's tokens becomes the features.</summary>
internal enum VitPooling
{
    /// <summary>The class token, <c>[d]</c>.</summary>
    ClassToken,

    /// <summary>The class token and the distillation token one after the other, <c>[2d]</c>. Checkpoints have a head for each, and the mean of the two is the answer.</summary>
    ClassAndDistillationToken,

    /// <summary>The mean of the patches, <c>[d]</c>.</summary>
    Patches,

    /// <summary>The class token and the mean of the patches one after the other, <c>[2d]</c>.</summary>
    ClassTokenAndPatches,

    /// <summary>What a learned query finds in all tokens, <c>[d]</c>.</summary>
    Attention,
}

/// <summary>Where the last norm stands.</summary>
internal enum VitNormPlace
{
    /// <summary>Before the pooling, on each token.</summary>
    BeforePooling,

    /// <summary>After the pooling.</summary>
    AfterPooling,

    /// <summary>Nowhere: what the last block gives is pooled.</summary>
    None,
}

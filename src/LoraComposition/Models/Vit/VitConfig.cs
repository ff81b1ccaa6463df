namespace LoraComposition.Models;

/// <summary>
/// The shape of a vision transformer (arXiv:2010.11929), with the defaults of ViT-B/32 at 224 pixels. That of a loaded model also knows, though it does not show,
/// which family it is of and what parts it has; a copy made with <c>with</c> keeps that.
/// </summary>
public sealed record VitConfig
{
    const int MostLayers = 1024;
    const long LargestTensor = 1L << 40;

    /// <summary>The width of the hidden states, d.</summary>
    public int HiddenSize { get; init; } = 768;

    /// <summary>The number of transformer blocks.</summary>
    public int LayerCount { get; init; } = 12;

    /// <summary>The number of attention heads; divides the width.</summary>
    public int HeadCount { get; init; } = 12;

    /// <summary>The width of the feed-forward part.</summary>
    public int IntermediateSize { get; init; } = 3072;

    /// <summary>The side of the square image, in pixels.</summary>
    public int ImageSize { get; init; } = 224;

    /// <summary>The side of a square patch, in pixels; divides the image's side.</summary>
    public int PatchSize { get; init; } = 32;

    /// <summary>The number of colour channels.</summary>
    public int ChannelCount { get; init; } = 3;

    /// <summary>Whether query, key and value have a bias.</summary>
    public bool QkvBias { get; init; } = true;

    /// <summary>The ε of layer normalisation.</summary>
    public double LayerNormEpsilon { get; init; } = 1e-12;

    /// <summary>The names of the classes the head tells apart; empty for a model without a head.</summary>
    public IReadOnlyList<string> ClassNames { get; init; } = [];

    /// <summary>What the model is made of beside these sizes.</summary>
    internal VitParts Parts { get; init; } = new();

    /// <summary>What its configuration, tensors and layers are called.</summary>
    internal VitFamily Family { get; init; } = PlainVit.Family;

    /// <summary>The number of patches along one side.</summary>
    internal int GridSize => ImageSize / PatchSize;

    /// <summary>The number of tokens: the patches and those in front of them, for a plain ViT the class token.</summary>
    public int TokenCount => Parts.TokensInFront + GridSize * GridSize;

    /// <summary>The width of the features, which a head reads: d for most models, 2d where the class token and another lie one after the other, or a projection's.</summary>
    public int FeatureSize => Parts.FeatureSize(HiddenSize);

    /// <summary>
    /// Whether the model is meant for images of any size that is a multiple of the patch's, its positions being interpolated, as DINOv2's are. Others can be
    /// loaded for another size too (<see cref="VitLoadOptions.ImageSize"/>), but their publishers do not mean it.
    /// </summary>
    public bool TakesAnySize => Family.TakesAnySize;

    /// <summary>What transformers calls the class that makes pictures ready for such a model, for example <c>ViTImageProcessor</c>; settings that a checkpoint leaves out
    /// are that class's.</summary>
    public string ImageProcessor => Family.ImageProcessor;

    /// <summary>The shape of the positions where the checkpoint has images of this size.</summary>
    internal long[] PositionShape
    {
        get
        {
            long count = Parts.PositionCountInFront + (long)GridSize * GridSize;
            return Parts.FlatEmbeddings ? [count, HiddenSize] : [1, count, HiddenSize];
        }
    }

    /// <summary>Checks that the sizes fit each other.</summary>
    /// <exception cref="ArgumentException">A size is not positive or does not divide what it must.</exception>
    public void Validate()
    {
        foreach (var (name, value) in new[] { ("hidden_size", HiddenSize), ("num_hidden_layers", LayerCount), ("num_attention_heads", HeadCount),
            ("intermediate_size", IntermediateSize), ("image_size", ImageSize), ("patch_size", PatchSize), ("num_channels", ChannelCount) })
            if (value < 1) throw new ArgumentException($"{name} is {value}; it must be at least 1.");
        if (LayerCount > MostLayers) throw new ArgumentException($"num_hidden_layers is {LayerCount}; it can be at most {MostLayers}.");
        // Shapes of this size fit no memory, and torch's own arithmetic would overflow; the products are taken as doubles because they may.
        if (1.0 * HiddenSize * ChannelCount * PatchSize * PatchSize > LargestTensor || 1.0 * HiddenSize * GridSize * GridSize > LargestTensor
            || 1.0 * HiddenSize * Math.Max(HiddenSize, IntermediateSize) > LargestTensor || 1.0 * GridSize * GridSize >= int.MaxValue)
            throw new ArgumentException($"hidden_size {HiddenSize}, intermediate_size {IntermediateSize}, num_channels {ChannelCount}, image_size {ImageSize} and patch_size {PatchSize} ask for a tensor of more than {LargestTensor} numbers.");
        if (1.0 * HiddenSize * (Parts.ProjectionSize ?? 0) > LargestTensor)
            throw new ArgumentException($"hidden_size {HiddenSize} and projection_dim {Parts.ProjectionSize} ask for a tensor of more than {LargestTensor} numbers.");
        if (HiddenSize % HeadCount != 0) throw new ArgumentException($"num_attention_heads {HeadCount} does not divide hidden_size {HiddenSize}.");
        if (ImageSize % PatchSize != 0) throw new ArgumentException($"patch_size {PatchSize} does not divide image_size {ImageSize}.");
        if (!(LayerNormEpsilon > 0 && double.IsFinite(LayerNormEpsilon))) throw new ArgumentException($"layer_norm_eps is {LayerNormEpsilon}; it must be positive.");
    }
}

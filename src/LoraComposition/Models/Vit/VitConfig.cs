namespace LoraComposition.Models;

/// <summary>The shape of a vision transformer (arXiv:2010.11929), with the defaults of ViT-B/32 at 224 pixels.</summary>
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

    /// <summary>The number of patches along one side.</summary>
    internal int GridSize => ImageSize / PatchSize;

    /// <summary>The number of tokens: the class token and the patches.</summary>
    public int TokenCount => 1 + GridSize * GridSize;

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
        if (HiddenSize % HeadCount != 0) throw new ArgumentException($"num_attention_heads {HeadCount} does not divide hidden_size {HiddenSize}.");
        if (ImageSize % PatchSize != 0) throw new ArgumentException($"patch_size {PatchSize} does not divide image_size {ImageSize}.");
        if (!(LayerNormEpsilon > 0 && double.IsFinite(LayerNormEpsilon))) throw new ArgumentException($"layer_norm_eps is {LayerNormEpsilon}; it must be positive.");
    }
}

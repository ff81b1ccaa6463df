namespace LoraComposition.FewShot;

/// <summary>What transformers' image processors do where a configuration leaves a setting out.</summary>
/// <param name="Name">How the class is called.</param>
/// <param name="Fit">What a size that is one number means.</param>
/// <param name="Crops">Whether the centre is cut out.</param>
/// <param name="Margin">The size before the crop, in parts of <see cref="Whole"/> of the size after it.</param>
/// <param name="Resample">The filter.</param>
/// <param name="Mean">The mean.</param>
/// <param name="Std">The standard deviation.</param>
internal sealed record PreprocessorKind(string Name, ResizeFit Fit, bool Crops, int Margin, Resample Resample, RgbValues Mean, RgbValues Std)
{
    /// <summary>The unit of <see cref="Margin"/>.</summary>
    public const int Whole = 224;

    static readonly RgbValues clipMean = new(0.48145466f, 0.4578275f, 0.40821073f), clipStd = new(0.26862954f, 0.26130258f, 0.27577711f);

    static readonly PreprocessorKind vit = new("ViTImageProcessor", ResizeFit.BothSides, false, Whole, Resample.Bilinear, new(0.5f), new(0.5f));

    static readonly PreprocessorKind[] others =
    [
        new("DeiTImageProcessor", ResizeFit.BothSides, true, 256, Resample.Bicubic, new(0.5f), new(0.5f)),
        new("BeitImageProcessor", ResizeFit.BothSides, true, 256, Resample.Bicubic, new(0.5f), new(0.5f)),
        new("SiglipImageProcessor", ResizeFit.BothSides, false, Whole, Resample.Bicubic, new(0.5f), new(0.5f)),
        new("CLIPImageProcessor", ResizeFit.ShortestEdge, true, Whole, Resample.Bicubic, clipMean, clipStd),
        new("BitImageProcessor", ResizeFit.ShortestEdge, true, Whole, Resample.Bicubic, clipMean, clipStd),
    ];

    /// <summary>The processor of a name; ViT's where there is none or it is not known.</summary>
    /// <param name="type"><c>image_processor_type</c> or the older <c>feature_extractor_type</c>, which share the beginning.</param>
    public static PreprocessorKind Of(string? type) =>
        Array.Find(others, kind => type?.StartsWith(kind.Name[..^"ImageProcessor".Length], StringComparison.OrdinalIgnoreCase) == true) ?? vit;
}

using LoraComposition.Models;

namespace LoraComposition.FewShot.Tests.Support;

/// <summary>A ViT of two blocks, 16 wide, on 16 pixels, as a model-hub folder.</summary>
internal static class TinyModel
{
    public const int Width = 16, Layers = 2, ImageSize = 16;

    public static VisionTransformer Create(long seed, params string[] classNames) => VisionTransformer.Create(new VitConfig
    {
        HiddenSize = Width,
        LayerCount = Layers,
        HeadCount = 2,
        IntermediateSize = 32,
        ImageSize = ImageSize,
        PatchSize = 8,
        ClassNames = classNames,
    }, seed);

    public static string Save(string folder, long seed = 1, int preprocessedSize = ImageSize)
    {
        using var model = Create(seed);
        model.Save(folder);
        File.WriteAllText(Path.Combine(folder, "preprocessor_config.json"), $$"""
            { "do_normalize": true, "do_rescale": true, "do_resize": true, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5],
              "resample": 3, "rescale_factor": 0.00392156862745098, "size": { "height": {{preprocessedSize}}, "width": {{preprocessedSize}} } }
            """);
        return folder;
    }
}

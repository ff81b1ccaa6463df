using LoraComposition.Adapters;
using LoraComposition.Attachments;
using LoraComposition.FewShot.Data.Preprocessing;
using LoraComposition.FewShot.Foundations;
using LoraComposition.FewShot.Methods;
using LoraComposition.FewShot.Training;
using LoraComposition.Models.Vit;

namespace LoraComposition.FewShot.Experiments.Images;

/// <summary>The backbones that stay frozen over a whole experiment, and their features of its images: computed once for all methods, K and seeds.</summary>
internal sealed class FrozenBackbones(ImageFoundation foundation, IReadOnlyList<string> classNames, IReadOnlyList<LoraAdapter> modules, int batchSize) : IDisposable
{
    readonly Dictionary<BackboneStart, (VisionTransformer Model, Composition? Composition)> models = [];
    readonly Dictionary<(BackboneStart, PreprocessedImages), FeatureBank> banks = [];

    /// <summary>The features of some images from one of the backbones.</summary>
    public FeatureBank Bank(BackboneStart start, PreprocessedImages images)
    {
        if (banks.TryGetValue((start, images), out var bank)) return bank;
        if (!models.TryGetValue(start, out var backbone))
        {
            var model = foundation.Load(classNames, headSeed: 0);
            models[start] = backbone = (model, start.Attach(model, modules));
        }
        return banks[(start, images)] = new FeatureBank(backbone.Model, images, batchSize);
    }

    public void Dispose()
    {
        foreach (var bank in banks.Values) bank.Dispose();
        foreach (var (model, composition) in models.Values)
        {
            composition?.Dispose();
            model.Dispose();
        }
    }
}

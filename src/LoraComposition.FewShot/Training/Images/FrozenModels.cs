using LoraComposition.Models;

namespace LoraComposition.FewShot;

/// <summary>The backbones that stay frozen over a whole experiment, and their features of its images: computed once for all methods, K and seeds.</summary>
internal sealed class FrozenModels(ImageBaseModel baseModel, IReadOnlyList<string> classNames, IReadOnlyList<LoraAdapter> modules, int batchSize) : IDisposable
{
    readonly Dictionary<BackboneStart, (VisionTransformer Model, Composition? Composition)> models = [];
    readonly Dictionary<(BackboneStart, PreprocessedImages), FeatureBank> banks = [];

    /// <summary>The features of some images from one of the backbones.</summary>
    public FeatureBank Bank(BackboneStart start, PreprocessedImages images)
    {
        if (banks.TryGetValue((start, images), out var bank)) return bank;
        if (!models.TryGetValue(start, out var backbone))
        {
            var model = baseModel.Load(classNames, headSeed: 0);
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

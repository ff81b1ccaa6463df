using LoraComposition.Models;

namespace LoraComposition.FewShot;

/// <summary>The models that stay frozen over all trainings, and their features of images: computed once for all methods, K and seeds.</summary>
internal sealed class FrozenModels(ImageBaseModel baseModel, IReadOnlyList<string> classNames, IReadOnlyList<LoraAdapter> modules, int batchSize) : IDisposable
{
    readonly Dictionary<StartingPoint, (VisionTransformer Model, IDisposable? Attached)> models = [];
    readonly Dictionary<(StartingPoint, PreprocessedImages), FeatureBank> banks = [];

    /// <summary>The features of some images from one of the models.</summary>
    public FeatureBank Bank(StartingPoint start, PreprocessedImages images)
    {
        if (banks.TryGetValue((start, images), out var bank)) return bank;
        return banks[(start, images)] = new FeatureBank(Model(start), images, batchSize);
    }

    public void Dispose()
    {
        foreach (var bank in banks.Values) bank.Dispose();
        foreach (var (model, attached) in models.Values)
        {
            attached?.Dispose();
            model.Dispose();
        }
    }

    VisionTransformer Model(StartingPoint start)
    {
        if (models.TryGetValue(start, out var known)) return known.Model;
        var model = baseModel.Load(classNames, headSeed: 0);
        try
        {
            models[start] = (model, start.Attach(model, modules));
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }
}

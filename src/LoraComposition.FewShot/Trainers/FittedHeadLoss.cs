using LoraComposition.Models;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>The loss of a head fitted over the features of a starting point. One model serves all: detaching is exact.</summary>
sealed class FittedHeadLoss(VisionTransformer model, PreprocessedImages images, IReadOnlyList<LoraAdapter> modules, IReadOnlyList<int> samples, double penalty,
    int batchSize, PhaseTimes times, CancellationToken cancellation) : IStartLoss
{
    public double Of(StartingPoint start)
    {
        using var features = Features(start);
        if (!features.AreFinite()) return double.NaN;
        using var head = HeadRegression.Fit(features, images.Dataset.ClassNames.Count, penalty);
        return head.Score(features).Loss;
    }

    public double Alignment(StartingPoint start)
    {
        using var features = Features(start);
        if (!features.AreFinite()) return double.NaN;
        using var classes = nn.functional.one_hot(features.Labels, images.Dataset.ClassNames.Count);   // [images, classes]
        return LinearCka.Compute(features.Values, classes);
    }

    ImageFeatures Features(StartingPoint start)
    {
        using var attached = start.Attach(model, modules);
        using var bank = new FeatureBank(model, images, batchSize, times: times);
        return new ImageFeatures(bank.Features(samples, cancellation), bank.Labels(samples), 1);
    }

    public void Dispose() => model.Dispose();
}

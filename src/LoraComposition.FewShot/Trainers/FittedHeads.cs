using LoraComposition.Models;
using Microsoft.Extensions.Logging;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>
/// Heads that are fitted over the features of frozen models. Those of the samples that are trained on now are kept: methods that start alike share a head, and so
/// do the choice of a start and the training from it.
/// </summary>
/// <remarks>Owns the heads, not the models.</remarks>
sealed class FittedHeads(FrozenModels frozen, PreprocessedImages images, ILogger logger) : IDisposable
{
    readonly Dictionary<(StartingPoint, FewShotSamples, HeadOptions, ImageAugmentation), FittedOverFeatures> kept = [];

    /// <summary>The head over a starting point, fitted when first asked for. It stays this object's.</summary>
    public FittedOverFeatures Over(StartingPoint start, string name, FewShotSamples samples, HeadOptions options, ImageAugmentation augmentation,
        IProgressReporter progress, CancellationToken cancellation)
    {
        var key = (start, samples, options, augmentation);
        if (kept.TryGetValue(key, out var known)) return known;
        return kept[key] = Fit(start, name, samples.Support.Indices, samples.Validation, options, augmentation, samples.Support.Seed, progress, cancellation);
    }

    /// <summary>Fits a head that is not kept. The caller owns it.</summary>
    public FittedOverFeatures Fit(StartingPoint start, string name, IReadOnlyList<int> samples, IReadOnlyList<int> heldOut, HeadOptions options,
        ImageAugmentation augmentation, int seed, IProgressReporter progress, CancellationToken cancellation)
    {
        var views = PictureView.Of(augmentation, images.Preprocessing.Size);
        using var bar = progress.Begin($"{name}: features", views.Count * samples.Count + heldOut.Count);
        using var support = Features(start, samples, views, bar, cancellation);
        using var validation = heldOut.Count == 0 ? null : Features(start, heldOut, [PictureView.Plain], bar, cancellation);
        if (!support.AreFinite()) throw new TrainingDivergedException(0, double.NaN);
        var (fitted, how) = HeadFitting.Fit(support, validation, images.Dataset.ClassNames.Count, options, seed, cancellation);
        double scale = HeadRegression.ScaleOf(support);
        logger.HeadFitted(name, how.Penalty, how.Choice, how.HeldOut?.Loss ?? double.NaN);
        return new FittedOverFeatures(fitted, how, how.Penalty * scale * scale);
    }

    /// <summary>Lets go of what is kept.</summary>
    public void Forget()
    {
        foreach (var head in kept.Values) head.Dispose();
        kept.Clear();
    }

    public void Dispose() => Forget();

    ImageFeatures Features(StartingPoint start, IReadOnlyList<int> indices, IReadOnlyList<PictureView> views, IProgressTask bar, CancellationToken cancellation)
    {
        using var scope = torch.NewDisposeScope();
        Tensor[] seen = [.. views.Select(view => frozen.Bank(start, images, view).Features(indices, bar, cancellation))];   // each [indices, d]
        var labels = frozen.Bank(start, images).Labels(indices);
        // [indices, views, d] -> [views · indices, d]
        return new ImageFeatures(torch.stack(seen, 1).flatten(0, 1).MoveToOuterDisposeScope(), labels.MoveToOuterDisposeScope(), views.Count);
    }
}

/// <summary>A head fitted over a frozen model's features.</summary>
/// <param name="Head">The head.</param>
/// <param name="How">How its penalty was chosen.</param>
/// <param name="Decay">The penalty on its squared weights, for features as they are.</param>
sealed record FittedOverFeatures(LinearHead Head, FittedHead How, double Decay) : IDisposable
{
    public TrainedHead CopyTo(VisionTransformer model)
    {
        Head.CopyTo(model);
        return new TrainedHead(new TrainingOutcome(0, 0, How.HeldOut, false)) { Fitted = How, Decay = Decay };
    }

    public void Dispose() => Head.Dispose();
}

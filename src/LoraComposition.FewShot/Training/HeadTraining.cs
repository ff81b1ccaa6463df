using LoraComposition.Models;
using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>Trains a head alone, on features that a frozen body gave once.</summary>
internal static class HeadTraining
{
    /// <param name="model">The model whose head trains.</param>
    /// <param name="head">The head's parameters and their learning rate.</param>
    /// <param name="features">The features, <c>[samples, d]</c>.</param>
    /// <param name="labels">The labels, <c>[samples]</c>, int64.</param>
    /// <param name="validate">Scores the head on held-out features; null where there are none.</param>
    /// <param name="options">Length, batches, schedule.</param>
    /// <param name="seed">The seed of the order.</param>
    /// <param name="logger">Is told what came out.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    public static TrainingOutcome Run(VisionTransformer model, TrainableGroup head, Tensor features, Tensor labels, Func<ValidationScore>? validate, TrainingOptions options, int seed, ILogger logger, CancellationToken cancellation)
    {
        int[] positions = [.. Enumerable.Range(0, (int)labels.shape[0])];
        return Trainer.Train([head], positions, batch => Loss(model, features, labels, batch), validate, options, seed, logger, cancellation: cancellation);
    }

    /// <summary>The mean cross-entropy of a batch of the features. The caller owns it.</summary>
    internal static Tensor Loss(VisionTransformer model, Tensor features, Tensor labels, int[] batch)
    {
        var chosen = HostToDevice.Copy(tensor(batch.Select(i => (long)i).ToArray()), features.device);
        return nn.functional.cross_entropy(model.Classify(features.index_select(0, chosen)), labels.index_select(0, chosen));
    }
}

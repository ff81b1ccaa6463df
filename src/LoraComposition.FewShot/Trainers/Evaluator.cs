using LoraComposition.Models;
using Microsoft.Extensions.Logging;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>Top-1 accuracy and mean loss over a set of images or of ready features, in batches.</summary>
public static class Evaluator
{
    /// <summary>Runs the whole model over images, without dropout; the model's mode is as before afterwards.</summary>
    /// <param name="model">The model, with a head.</param>
    /// <param name="images">The images.</param>
    /// <param name="indices">The positions to test, at least one.</param>
    /// <param name="batchSize">The images in a batch.</param>
    /// <param name="progress">Is told how many images are done.</param>
    /// <param name="cancellation">Stops between two batches.</param>
    /// <returns>Accuracy and mean loss.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static ValidationScore OnImages(VisionTransformer model, PreprocessedImages images, IReadOnlyList<int> indices, int batchSize,
        IProgressTask? progress = null, CancellationToken cancellation = default) => OnEachImage(model, images, indices, batchSize, states: null, progress, cancellation).Score;

    /// <summary>As <see cref="OnImages"/>, and which of the images were classified correctly.</summary>
    internal static (ValidationScore Score, IReadOnlyList<bool> Correct) OnEachImage(VisionTransformer model, PreprocessedImages images,
        IReadOnlyList<int> indices, int batchSize, HiddenStates? states, IProgressTask? progress, CancellationToken cancellation)
    {
        var correct = new List<bool>(indices.Count);
        double loss = 0;
        ForEachBatch(model, images, indices, batchSize, (batch, logits) =>
        {
            var (right, sum) = Count(logits, images.Labels(batch, logits.device));
            correct.AddRange(right);
            loss += sum;
            progress?.Advance(batch.Length);
        }, states, cancellation);
        return (Mean(correct, loss), correct);
    }

    /// <summary>The class that the model gives each of some images, in their order; as in <see cref="OnImages"/>, without dropout.</summary>
    internal static int[] Predict(VisionTransformer model, PreprocessedImages images, IReadOnlyList<int> indices, int batchSize, HiddenStates? states,
        CancellationToken cancellation)
    {
        var predicted = new List<int>(indices.Count);
        ForEachBatch(model, images, indices, batchSize, (_, logits) => predicted.AddRange(Largest(logits)), states, cancellation);
        return [.. predicted];
    }

    /// <summary>The class that the head gives each of some features <c>[samples, d]</c>.</summary>
    internal static int[] PredictFromFeatures(VisionTransformer model, Tensor features)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        return Largest(model.Classify(features));
    }

    /// <summary>Runs the head alone over features <c>[samples, d]</c> with labels <c>[samples]</c>.</summary>
    internal static ValidationScore OnFeatures(VisionTransformer model, Tensor features, Tensor labels) => OnEachFeature(model, features, labels).Score;

    /// <summary>As <see cref="OnFeatures"/>, and which of the samples were classified correctly.</summary>
    internal static (ValidationScore Score, IReadOnlyList<bool> Correct) OnEachFeature(VisionTransformer model, Tensor features, Tensor labels)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var (correct, loss) = Count(model.Classify(features), labels);
        return (Mean(correct, loss), correct);
    }

    /// <summary>The type and device of a model's parameters, the head's apart.</summary>
    /// <param name="model">The model.</param>
    /// <returns>Both.</returns>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public static (ScalarType Type, Device Device) Place(VisionTransformer model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var first = model.parameters().FirstOrDefault() ?? throw new ObjectDisposedException(nameof(VisionTransformer));
        return (first.dtype, first.device);
    }

    // The action runs without gradients, inside a dispose scope of its own.
    static void ForEachBatch(VisionTransformer model, PreprocessedImages images, IReadOnlyList<int> indices, int batchSize, Action<int[], Tensor> action,
        HiddenStates? states, CancellationToken cancellation)
    {
        using var noGrad = no_grad();
        var (type, device) = Place(model);
        int frozen = states is null ? -1 : model.FrozenBlocks;
        bool wasTraining = model.training;
        model.eval();
        try
        {
            foreach (int[] batch in indices.Chunk(batchSize))
            {
                cancellation.ThrowIfCancellationRequested();
                using var scope = NewDisposeScope();
                action(batch, frozen < 0 ? model.call(images.Batch(batch, device, type)) : states!.Logits(model, frozen, images, batch, [.. batch.Select(_ => PictureView.Plain)]));
            }
        }
        finally
        {
            model.train(wasTraining);
        }
    }

    // [samples, classes] → [samples]
    static int[] Largest(Tensor logits) => [.. logits.argmax(1).cpu().data<long>().Select(label => (int)label)];

    static (bool[] Correct, double Loss) Count(Tensor logits, Tensor labels) =>
        (logits.argmax(1).eq(labels).cpu().data<bool>().ToArray(), nn.functional.cross_entropy(logits.to(ScalarType.Float32), labels,
            reduction: nn.Reduction.Sum).item<float>());

    static ValidationScore Mean(IReadOnlyList<bool> correct, double loss) => new((double)correct.Count(right => right) / correct.Count, loss / correct.Count);
}

/// <summary>Trains a head alone, on features that a frozen model gave once.</summary>
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
    public static TrainingOutcome Run(VisionTransformer model, TrainableGroup head, Tensor features, Tensor labels, Func<ValidationScore>? validate,
        TrainingOptions options, int seed, ILogger logger, CancellationToken cancellation)
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

using LoraComposition.FewShot.Data.Preprocessing;
using LoraComposition.Models.Vit;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Training;

/// <summary>Top-1 accuracy and mean loss over a set of images or of ready features, in batches.</summary>
public static class Evaluator
{
    /// <summary>Runs the whole model over images, without dropout; the model's mode is as before afterwards.</summary>
    /// <param name="model">The model, with a head.</param>
    /// <param name="images">The images.</param>
    /// <param name="indices">The positions to test, at least one.</param>
    /// <param name="batchSize">The images in a batch.</param>
    /// <param name="cancellation">Stops between two batches.</param>
    /// <returns>Accuracy and mean loss.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static ValidationScore OnImages(VisionTransformer model, PreprocessedImages images, IReadOnlyList<int> indices, int batchSize, CancellationToken cancellation = default)
    {
        using var noGrad = no_grad();
        var (type, device) = Place(model);
        bool wasTraining = model.training;
        model.eval();
        double correct = 0, loss = 0;
        try
        {
            foreach (int[] batch in indices.Chunk(batchSize))
            {
                cancellation.ThrowIfCancellationRequested();
                using var scope = NewDisposeScope();
                var logits = model.call(images.Batch(batch, device, type));
                var (right, sum) = Count(logits, images.Labels(batch, device));
                correct += right;
                loss += sum;
            }
        }
        finally
        {
            model.train(wasTraining);
        }
        return new ValidationScore(correct / indices.Count, loss / indices.Count);
    }

    /// <summary>Runs the head alone over features <c>[samples, d]</c> with labels <c>[samples]</c>.</summary>
    internal static ValidationScore OnFeatures(VisionTransformer model, Tensor features, Tensor labels)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var (correct, loss) = Count(model.Classify(features), labels);
        return new ValidationScore(correct / labels.shape[0], loss / labels.shape[0]);
    }

    /// <summary>The type and device of a model's body.</summary>
    internal static (ScalarType Type, Device Device) Place(VisionTransformer model)
    {
        var first = model.parameters().First();
        return (first.dtype, first.device);
    }

    static (double Correct, double Loss) Count(Tensor logits, Tensor labels) =>
        (logits.argmax(1).eq(labels).sum().item<long>(), nn.functional.cross_entropy(logits.to(ScalarType.Float32), labels, reduction: nn.Reduction.Sum).item<float>());
}

using LoraComposition.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>
/// The diagonal of the Fisher information of a module's task, which Fisher merging weighs the module's updates by (arXiv:2111.09832): over samples of the task,
/// the mean squared derivative of the log-probability of a class, of texts of a choice, by each entry of each adapted layer's weight, the class drawn from the
/// model's own prediction.
/// </summary>
public static class FisherInformation
{
    /// <summary>Computes the diagonal for a module of a ViT. The pictures need no labels.</summary>
    /// <param name="model">A fresh copy of the base model in float32. The module is merged into it, and it gets the module's saved head where there is one.</param>
    /// <param name="adapter">The module. It stays the caller's.</param>
    /// <param name="pictures">The picture files of the module's task.</param>
    /// <param name="preprocessing">How pictures are made ready for the model.</param>
    /// <param name="seed">The seed of the drawn classes.</param>
    /// <param name="progress">Is told of each picture.</param>
    /// <param name="cancellation">Stops between two pictures.</param>
    /// <returns>A number from 0 for each entry of each layer's update, <c>[out, in]</c> float32 on the CPU, by the layer's path in the module. The caller owns
    /// the tensors.</returns>
    /// <exception cref="AdapterMismatchException">The module does not fit the model.</exception>
    /// <exception cref="ArgumentException">There is no picture, or neither the module nor the model has a head.</exception>
    /// <exception cref="DataException">A picture is damaged or too large.</exception>
    /// <exception cref="NonFiniteException">The model's outputs are no numbers.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static IReadOnlyDictionary<string, Tensor> OfImages(VisionTransformer model, LoraAdapter adapter, IReadOnlyList<string> pictures,
        ImagePreprocessing preprocessing, long seed = 0, IProgressTask? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        ArgumentNullException.ThrowIfNull(preprocessing);
        using var images = new PreprocessedImages(new UnlabelledPictures(pictures.Count, index => ImageFileDecoder.Decode(pictures[index])), preprocessing);
        return OfPreprocessed(model, adapter, images, [.. Enumerable.Range(0, pictures.Count)], seed, progress, cancellation);
    }

    /// <summary>Computes the diagonal for a module of a ViT over pictures of a data set. They need no labels.</summary>
    /// <param name="model">A fresh copy of the base model in float32. The module is merged into it, and it gets the module's saved head where there is one.</param>
    /// <param name="adapter">The module. It stays the caller's.</param>
    /// <param name="images">The pictures of the module's task. They stay the caller's.</param>
    /// <param name="indices">Which of them.</param>
    /// <param name="seed">The seed of the drawn classes.</param>
    /// <param name="progress">Is told of each picture.</param>
    /// <param name="cancellation">Stops between two pictures.</param>
    /// <returns>A number from 0 for each entry of each layer's update, <c>[out, in]</c> float32 on the CPU, by the layer's path in the module. The caller owns
    /// the tensors.</returns>
    /// <exception cref="AdapterMismatchException">The module does not fit the model.</exception>
    /// <exception cref="ArgumentException">There is no picture, or neither the module nor the model has a head.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An index is not one of the pictures.</exception>
    /// <exception cref="DataException">A picture is damaged or too large.</exception>
    /// <exception cref="NonFiniteException">The model's outputs are no numbers.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static IReadOnlyDictionary<string, Tensor> OfPreprocessed(VisionTransformer model, LoraAdapter adapter, PreprocessedImages images, IReadOnlyList<int> indices,
        long seed = 0, IProgressTask? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(adapter);
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(indices);
        if (indices.Count == 0) throw new ArgumentException("Expected at least one picture.", nameof(indices));
        if (adapter.Head is { } head) model.SetHead(head);
        if (model.Classifier is null)
            throw new ArgumentException($"Neither adapter '{adapter.Name}' nor the model has a head, so there are no classes to predict.", nameof(adapter));
        model.eval();
        var device = Evaluator.Place(model).Device;
        return FisherSums.Measure(model, adapter, indices, index => model.call(images.Batch([index], device)).to(ScalarType.Float32).log_softmax(1), seed, progress, cancellation);
    }

    /// <summary>
    /// Computes the diagonal for a module of a T5 over questions, or over texts whose choices are their labels. What an image's class is to a ViT a question's
    /// choice is here: its probability is the softmax over the choices' log-likelihoods (<see cref="ChoiceScoring"/>). The answers are not looked at.
    /// </summary>
    /// <param name="model">A fresh copy of the base model in float32. The module is merged into it.</param>
    /// <param name="adapter">The module. It stays the caller's.</param>
    /// <param name="questions">The questions of the module's task.</param>
    /// <param name="indices">Which of them.</param>
    /// <param name="seed">The seed of the drawn choices.</param>
    /// <param name="progress">Is told of each question.</param>
    /// <param name="cancellation">Stops between two questions.</param>
    /// <returns>A number from 0 for each entry of each layer's update, <c>[out, in]</c> float32 on the CPU, by the layer's path in the module. The caller owns
    /// the tensors.</returns>
    /// <exception cref="AdapterMismatchException">The module does not fit the model.</exception>
    /// <exception cref="ArgumentException">There is no question.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An index is not one of the questions.</exception>
    /// <exception cref="NonFiniteException">The model's outputs are no numbers.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static IReadOnlyDictionary<string, Tensor> OfQuestions(T5Model model, LoraAdapter adapter, TokenizedQuestions questions, IReadOnlyList<int> indices,
        long seed = 0, IProgressTask? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(adapter);
        ArgumentNullException.ThrowIfNull(questions);
        ArgumentNullException.ThrowIfNull(indices);
        if (indices.Count == 0) throw new ArgumentException("Expected at least one question.", nameof(indices));
        foreach (int index in indices)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index, nameof(indices));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, questions.Dataset.Count, nameof(indices));
        }
        model.eval();
        return FisherSums.Measure(model, adapter, indices, index => ChoiceScoring.LogProbabilities(model, questions, index), seed, progress, cancellation);
    }

    /// <summary>Draws the samples to measure over, where there are more than are needed.</summary>
    /// <param name="count">How many there are.</param>
    /// <param name="most">How many to take at most.</param>
    /// <param name="seed">The seed of the draw.</param>
    /// <returns>The positions, ascending.</returns>
    public static IReadOnlyList<int> Draw(int count, int most, int seed)
    {
        int[] order = [.. Enumerable.Range(0, count)];
        if (count <= most) return order;
        new SeededRandom(RandomStream.FewShot, seed).Shuffle(order);
        return [.. order.Take(most).Order()];
    }
}

using LoraComposition.Models;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>
/// The diagonal of the Fisher information of a module's task, which Fisher merging weighs the module's updates by (arXiv:2111.09832): over pictures of the task,
/// the mean squared derivative of the log-probability of a class by each entry of each adapted layer's weight, the class drawn from the model's own prediction.
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
        var weights = Merge(model, adapter);
        using var generator = new Generator((ulong)seed, CPU);
        var sums = weights.ToDictionary(pair => pair.Key, pair => zeros_like(pair.Value).DetachFromDisposeScope());
        try
        {
            foreach (int index in indices)
            {
                cancellation.ThrowIfCancellationRequested();
                using var scope = NewDisposeScope();
                Add(model, images.Batch([index], Evaluator.Place(model).Device), weights, sums, generator);
                progress?.Advance();
            }
            return sums.ToDictionary(pair => pair.Key, pair => Mean(pair.Value, indices.Count));
        }
        finally
        {
            foreach (var sum in sums.Values) sum.Dispose();
        }
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

    /// <summary>Merges the module, and lets gradients reach the layers that it adapts alone.</summary>
    static Dictionary<string, Parameter> Merge(VisionTransformer model, LoraAdapter adapter)
    {
        AdapterSite[] sites;
        using (var composition = Composition.AttachUniform(model, [adapter]))
        {
            sites = [.. composition.Layers.Select(layer => layer.Site)];
            composition.MergeIntoBase();
        }
        model.eval();
        foreach (var (_, parameter) in model.named_parameters()) parameter.requires_grad = false;
        var weights = new Dictionary<string, Parameter>(StringComparer.Ordinal);
        foreach (var site in sites)
        {
            var weight = ((Linear)site.Layer).weight!;
            weight.requires_grad = true;
            weights.Add(Enum.GetValues<ModuleSpelling>().Select(site.PathIn).First(adapter.Layers.ContainsKey), weight);
        }
        return weights;
    }

    static void Add(VisionTransformer model, Tensor pixels, Dictionary<string, Parameter> weights, Dictionary<string, Tensor> sums, Generator generator)
    {
        var logProbabilities = model.call(pixels).to(ScalarType.Float32).log_softmax(1);   // [1, classes]
        if (!logProbabilities.isfinite().all().item<bool>()) throw new NonFiniteException("The model's outputs are not numbers (NaN); check its weights and those of the adapter.");
        var drawn = multinomial(logProbabilities.detach().exp().cpu(), 1, generator: generator).to(logProbabilities.device);   // [1, 1]
        logProbabilities.gather(1, drawn).sum().backward();
        using var noGrad = no_grad();
        using Scalar one = 1;
        foreach (var (layer, weight) in weights)
        {
            // What nothing reads has none, as the pooling that a classifier of SigLIP keeps.
            if (weight.grad is not { } gradient) continue;
            sums[layer].addcmul_(gradient, gradient, one);
            gradient.zero_();
        }
    }

    static Tensor Mean(Tensor sum, int count)
    {
        using var scope = NewDisposeScope();
        using Scalar pictures = count;
        return sum.div(pictures).cpu().DetachFromDisposeScope();
    }
}

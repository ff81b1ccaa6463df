using LoraComposition.FewShot;
using LoraComposition.Models;
using static TorchSharp.torch;

namespace LoraComposition.Experiments;

/// <summary>
/// How alike modules are to another one on images, layer by layer: the linear CKA of what they add to each layer's output (section 5.6 of arXiv:2402.15414).
/// </summary>
/// <remarks>
/// All of them read the same inputs: those that the base model alone gives the layer, every token a sample. In the last block the query sees the class token
/// alone, as the model computes
/// no more there. The images pass in batches and leave one matrix for each layer behind, so the memory does not grow with their number.
/// </remarks>
public static class ImageModuleSimilarity
{
    /// <summary>Compares modules.</summary>
    /// <param name="baseModel">The model.</param>
    /// <param name="modules">The modules, at least one.</param>
    /// <param name="reference">The module that they are compared with. Only its layers are looked at.</param>
    /// <param name="images">The images.</param>
    /// <param name="indices">Which of them.</param>
    /// <param name="batchSize">The images in a batch, at least 1.</param>
    /// <param name="progress">Is told how many images are done.</param>
    /// <param name="cancellation">Stops between two batches.</param>
    /// <returns>For each layer in the order of the forward pass, a number from 0 to 1 for each module. The sites tell path and role; their model is
    /// disposed.</returns>
    /// <exception cref="AdapterMismatchException">A module does not fit the model.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static IReadOnlyList<(AdapterSite Site, IReadOnlyList<double> Similarities)> Compute(ImageBaseModel baseModel, IReadOnlyList<LoraAdapter> modules,
        LoraAdapter reference,
        PreprocessedImages images, IReadOnlyList<int> indices, int batchSize, IProgressReporter? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(baseModel);
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(indices);
        progress ??= NullProgressReporter.Instance;
        using var noGrad = no_grad();
        using var model = baseModel.Load(images.Dataset.ClassNames, headSeed: 0);
        model.eval();
        var fit = AdapterCompatibility.Check(model, [reference, .. modules]);
        if (fit.Refusals is [var refusal, ..]) throw new AdapterMismatchException(refusal.Adapter, refusal.Layer, refusal.Reason);
        using var inputs = LayerInputs.Record(AdapterCompatibility.Check(model, reference).Layers);
        var (type, device) = Evaluator.Place(model);
        using var bar = progress.Begin("CKA: images", indices.Count);
        foreach (int[] batch in indices.Chunk(batchSize))
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            model.Features(images.Batch(batch, device, type));
            bar.Advance(batch.Length);
        }
        return ModuleCka.Compute(model, modules, reference, inputs);
    }
}

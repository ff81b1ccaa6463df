using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>Classifies picture files with an adapted model, in batches; the pictures of a batch are decoded on all cores.</summary>
/// <remarks>Does not own the model. Not thread-safe.</remarks>
public sealed class ImagePredictor
{
    readonly AdaptedModel model;
    readonly int batchSize;
    readonly ILogger logger;

    /// <summary>Sets the predictor up.</summary>
    /// <param name="model">The model.</param>
    /// <param name="batchSize">The pictures in a batch, which are also those in memory at once. Default 64.</param>
    /// <param name="logger">Is told of damaged pictures; nobody where not given.</param>
    /// <exception cref="ArgumentOutOfRangeException">The batch size is not positive.</exception>
    public ImagePredictor(AdaptedModel model, int batchSize = 64, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        (this.model, this.batchSize, this.logger) = (model, batchSize, logger ?? NullLogger.Instance);
    }

    /// <summary>Classifies pictures. Each batch is computed when its first result is asked for.</summary>
    /// <param name="files">The files.</param>
    /// <param name="top">The number of classes to name for each; all where the model has fewer.</param>
    /// <param name="progress">Is told how far the work is; nobody where not given.</param>
    /// <param name="cancellation">Stops between two batches.</param>
    /// <returns>One result for each file, in the order of the files; a damaged picture has a refusal and does not stop the others.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number of classes is not positive.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IEnumerable<ImagePrediction> Predict(IReadOnlyList<string> files, int top, IProgressReporter? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(files);
        progress ??= NullProgressReporter.Instance;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(top);
        return Batches();

        IEnumerable<ImagePrediction> Batches()
        {
            using var bar = progress.Begin("predicting", files.Count);
            foreach (string[] batch in files.Chunk(batchSize))
            {
                cancellation.ThrowIfCancellationRequested();
                // Nothing of torch lives while the caller looks at the results.
                foreach (var prediction in Batch(batch, top)) yield return prediction;
                bar.Advance(batch.Length);
            }
        }
    }

    IReadOnlyList<ImagePrediction> Batch(string[] files, int top)
    {
        using var images = new PreprocessedImages(new UnlabelledFiles(files), model.Preprocessing);
        var refusals = new ConcurrentDictionary<int, DataException>();
        Parallel.For(0, files.Length, i =>
        {
            try
            {
                images.Prepare([i]);
            }
            catch (DataException e)
            {
                // A picture that is not resized is named by its number alone.
                refusals[i] = e.Path == files[i] ? e : new DataException(files[i], e.Message, e);
            }
        });
        foreach (var refusal in refusals.OrderBy(r => r.Key)) logger.PictureRefused(refusal.Value.Message);
        int[] whole = [.. Enumerable.Range(0, files.Length).Where(i => !refusals.ContainsKey(i))];
        var classes = whole.Length == 0 ? [] : Classify(images, whole, top);
        return [.. files.Select((file, i) => new ImagePrediction(file, classes.GetValueOrDefault(i, []), refusals.GetValueOrDefault(i)))];
    }

    Dictionary<int, IReadOnlyList<ClassProbability>> Classify(PreprocessedImages images, int[] indices, int top)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        int count = Math.Min(top, model.Info.ClassNames.Count);
        var (type, device) = Evaluator.Place(model.Model);
        // [batch, classes] → [batch, count]
        var (values, labels) = model.Model.call(images.Batch(indices, device, type)).to(ScalarType.Float64).softmax(1).topk(count, 1);
        double[] probabilities = [.. values.cpu().contiguous().data<double>()];
        long[] ranked = [.. labels.cpu().contiguous().data<long>()];
        return indices.Select((index, row) => KeyValuePair.Create(index, (IReadOnlyList<ClassProbability>)[.. Enumerable.Range(0, count)
            .Select(rank => new ClassProbability(rank + 1, model.Info.ClassNames[(int)ranked[row * count + rank]], probabilities[row * count + rank]))])).ToDictionary();
    }
}

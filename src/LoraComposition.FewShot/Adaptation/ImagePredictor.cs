using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using LoraComposition.Models;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>Classifies pictures with an adapted model or any ViT with a head, alone or in batches; the pictures of a batch are decoded on all cores.</summary>
/// <remarks>
/// Does not own the model, which must be in evaluation and stay as it is: from then on every member may be called from several threads at once, from the first
/// call on. <see cref="PredictionTelemetry"/> says what is measured.
/// </remarks>
/// <example>
/// <code>
/// using var adapted = AdaptedModel.Load("my-model");
/// var predictor = new ImagePredictor(adapted);   // one for all threads
/// Parallel.ForEach(Directory.EnumerateFiles("photos"), file =&gt; Console.WriteLine($"{file}: {predictor.Predict(file, top: 1)[0]}"));
/// </code>
/// </example>
[SuppressMessage("ApiDesign", "RS0026", Justification = "The overloads differ in a parameter that must be given.")]
public sealed class ImagePredictor
{
    readonly VisionTransformer model;
    readonly ImagePreprocessing preprocessing;
    readonly int batchSize;
    readonly ILogger logger;

    /// <summary>Predicts with an adapted model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="batchSize">The pictures in a batch of files, which are also those in memory at once. Default 64.</param>
    /// <param name="logger">Is told of damaged pictures.</param>
    /// <exception cref="ArgumentOutOfRangeException">The batch size is not positive.</exception>
    public ImagePredictor(AdaptedModel model, int batchSize = 64, ILogger? logger = null) : this(Checked(model).Model, model.Preprocessing, batchSize, logger)
    {
    }

    /// <summary>Predicts with any ViT that has a head; it is put into evaluation mode.</summary>
    /// <param name="model">The model, plain, merged or with a composition attached.</param>
    /// <param name="preprocessing">How pictures are made ready for it.</param>
    /// <param name="batchSize">The pictures in a batch of files, which are also those in memory at once. Default 64.</param>
    /// <param name="logger">Is told of damaged pictures.</param>
    /// <exception cref="ArgumentException">The model has no head, or its images have another size than the preprocessing makes.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The batch size is not positive.</exception>
    public ImagePredictor(VisionTransformer model, ImagePreprocessing preprocessing, int batchSize = 64, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(preprocessing);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        if (model.Classifier is null)
            throw new ArgumentException("The model has no head, so there are no classes to predict; give it one with SetHead.", nameof(model));
        if (preprocessing.Size != model.Config.ImageSize)
            throw new ArgumentException($"The preprocessing makes pictures of {preprocessing.Size} pixels, expected the model's {model.Config.ImageSize}.",
                nameof(preprocessing));
        preprocessing.Validate();
        if (model.training) model.eval();
        (this.model, this.preprocessing, this.batchSize, this.logger) = (model, preprocessing, batchSize, logger ?? NullLogger.Instance);
    }

    /// <summary>The names of the classes.</summary>
    public IReadOnlyList<string> ClassNames => model.Config.ClassNames;

    /// <summary>Classifies one picture file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="top">The number of classes to name; all where the model has fewer. Default 5.</param>
    /// <param name="cancellation">Stops before the model computes.</param>
    /// <returns>The classes, the most probable first.</returns>
    /// <exception cref="DataException">The file cannot be read, or the picture is damaged or too large.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of classes is not positive.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public IReadOnlyList<ClassProbability> Predict(string path, int top = 5, CancellationToken cancellation = default) =>
        Predict(Decode(() => ImageFileDecoder.Decode(path)), top, cancellation);

    /// <summary>Classifies one picture that comes as a stream: a file's bytes, JPEG or PNG.</summary>
    /// <param name="stream">The stream, read to its end; it stays open.</param>
    /// <param name="top">The number of classes to name; all where the model has fewer. Default 5.</param>
    /// <param name="cancellation">Stops before the model computes.</param>
    /// <returns>The classes, the most probable first.</returns>
    /// <exception cref="DataException">The picture is damaged or too large.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of classes is not positive.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public IReadOnlyList<ClassProbability> Predict(Stream stream, int top = 5, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return Predict(bytes.ToArray(), top, cancellation);
    }

    /// <summary>Classifies one picture that comes as the bytes of a file, JPEG or PNG.</summary>
    /// <param name="file">The bytes.</param>
    /// <param name="top">The number of classes to name; all where the model has fewer. Default 5.</param>
    /// <param name="cancellation">Stops before the model computes.</param>
    /// <returns>The classes, the most probable first.</returns>
    /// <exception cref="DataException">The picture is damaged or too large.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of classes is not positive.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public IReadOnlyList<ClassProbability> Predict(byte[] file, int top = 5, CancellationToken cancellation = default) =>
        Predict(Decode(() => Decode(file, "the picture")), top, cancellation);

    /// <summary>Classifies pictures that come as the bytes of files, in batches; a damaged one does not stop the others.</summary>
    /// <param name="files">The bytes of each file.</param>
    /// <param name="top">The number of classes to name for each; all where the model has fewer. Default 5.</param>
    /// <param name="cancellation">Stops between two pictures that are decoded, or before the model computes.</param>
    /// <returns>One result for each picture, in their order; its path is <c>picture 1</c>, <c>picture 2</c> …</returns>
    /// <exception cref="ArgumentException">A file is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of classes is not positive.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public IReadOnlyList<ImagePrediction> PredictAll(IReadOnlyList<byte[]> files, int top = 5, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(top);
        if (files.Any(file => file is null)) throw new ArgumentException("A file is null.", nameof(files));
        return [.. Batches()];

        IEnumerable<ImagePrediction> Batches()
        {
            foreach (var batch in files.Index().Chunk(batchSize))
            {
                string[] names = [.. batch.Select(file => $"picture {file.Index + 1}")];
                foreach (var prediction in Batch(names, i => Decode(batch[i].Item, names[i]), top, cancellation)) yield return prediction;
            }
        }
    }

    /// <summary>Classifies one decoded picture.</summary>
    /// <param name="picture">The picture, of any size.</param>
    /// <param name="top">The number of classes to name; all where the model has fewer. Default 5.</param>
    /// <param name="cancellation">Stops before the model computes.</param>
    /// <returns>The classes, the most probable first.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number of classes is not positive.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public IReadOnlyList<ClassProbability> Predict(RgbImage picture, int top = 5, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(picture);
        return Predict([picture], top, cancellation)[0];
    }

    /// <summary>Classifies decoded pictures in one batch.</summary>
    /// <param name="pictures">The pictures, of any sizes.</param>
    /// <param name="top">The number of classes to name for each; all where the model has fewer. Default 5.</param>
    /// <param name="cancellation">Stops before the model computes.</param>
    /// <returns>The classes of each picture, the most probable first, in the order of the pictures.</returns>
    /// <exception cref="ArgumentException">A picture is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of classes is not positive.</exception>
    /// <exception cref="DataException">Pictures are not resized, and one has the wrong size.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public IReadOnlyList<IReadOnlyList<ClassProbability>> Predict(IReadOnlyList<RgbImage> pictures, int top = 5, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(top);
        if (pictures.Any(picture => picture is null)) throw new ArgumentException("A picture is null.", nameof(pictures));
        if (pictures.Count == 0) return [];
        // Of this call alone, so that calls share nothing but the model.
        using var images = new PreprocessedImages(new UnlabelledPictures(pictures.Count, index => pictures[index]), preprocessing);
        try
        {
            images.Prepare([.. Enumerable.Range(0, pictures.Count)], cancellation: cancellation);
        }
        catch (DataException)
        {
            PredictionTelemetry.CountRefusal();
            throw;
        }
        cancellation.ThrowIfCancellationRequested();
        return Classify(images, [.. Enumerable.Range(0, pictures.Count)], top);
    }

    /// <summary>Classifies picture files. Each batch is computed when its first result is asked for.</summary>
    /// <param name="files">The files.</param>
    /// <param name="top">The number of classes to name for each; all where the model has fewer.</param>
    /// <param name="progress">Is told how far the work is.</param>
    /// <param name="cancellation">Stops between two batches.</param>
    /// <returns>One result for each file, in the order of the files; a damaged picture has a refusal and does not stop the others.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number of classes is not positive.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
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
                foreach (var prediction in Batch(batch, i => ImageFileDecoder.Decode(batch[i]), top, CancellationToken.None)) yield return prediction;
                bar.Advance(batch.Length);
            }
        }
    }

    IReadOnlyList<ImagePrediction> Batch(string[] files, Func<int, RgbImage> decode, int top, CancellationToken cancellation)
    {
        using var images = new PreprocessedImages(new UnlabelledPictures(files.Length, decode), preprocessing);
        var refusals = Prepare(images, index => files[index], cancellation);
        cancellation.ThrowIfCancellationRequested();
        int[] whole = Others(files.Length, refusals);
        var classes = whole.Length == 0 ? [] : whole.Zip(Classify(images, whole, top)).ToDictionary(pair => pair.First, pair => pair.Second);
        return [.. files.Select((file, i) => new ImagePrediction(file, classes.GetValueOrDefault(i, []), refusals.GetValueOrDefault(i)))];
    }

    /// <summary>The logits of one batch of a data set, and what is wrong with the pictures that cannot be read.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="batch">The positions.</param>
    /// <param name="name">What to call the picture at a position.</param>
    /// <param name="compute">Whether logits are wanted; otherwise the pictures are read alone.</param>
    /// <param name="times">Is told what the time goes into.</param>
    /// <returns>A number for each class, of every picture that can be read with its position in the data set, and why the others cannot.</returns>
    internal (IReadOnlyList<(int Index, double[] Logits)> Logits, IEnumerable<(int Index, DataException Problem)> Refusals) Logits(ImageDataset data, int[] batch, Func<int, string> name,
        bool compute, PhaseTimes times)
    {
        using var images = new PreprocessedImages(new DatasetView(data, batch), preprocessing);
        var decoding = times.Enter(RunPhase.Decode);
        var refusals = Prepare(images, index => name(batch[index]));
        decoding.Dispose();
        int[] whole = compute ? Others(batch.Length, refusals) : [];
        return (whole.Length == 0 ? [] : [.. whole.Select(index => batch[index]).Zip(Logits(images, whole))], refusals.Select(refusal => (batch[refusal.Key], refusal.Value)));
    }

    // What is damaged does not stop the others.
    SortedDictionary<int, DataException> Prepare(PreprocessedImages images, Func<int, string> name, CancellationToken cancellation = default)
    {
        var refusals = new ConcurrentDictionary<int, DataException>();
        Parallel.For(0, images.Dataset.Count, new ParallelOptions { CancellationToken = cancellation }, i =>
        {
            try
            {
                images.Prepare([i]);
            }
            catch (DataException e)
            {
                // A picture that is not resized is named by its number alone.
                refusals[i] = e.Path.EndsWith(name(i), StringComparison.Ordinal) ? e : new DataException(name(i), e.Message, e);
                PredictionTelemetry.CountRefusal();
            }
        });
        var sorted = new SortedDictionary<int, DataException>(refusals);
        foreach (var refusal in sorted.Values) logger.PictureRefused(refusal.Message);
        return sorted;
    }

    static int[] Others(int count, SortedDictionary<int, DataException> refusals) => [.. Enumerable.Range(0, count).Where(i => !refusals.ContainsKey(i))];

    static RgbImage Decode(byte[] file, string name) => ImageFileDecoder.Decode(file, message => new DataException(name, message));

    static RgbImage Decode(Func<RgbImage> decode)
    {
        try
        {
            return decode();
        }
        catch (DataException)
        {
            PredictionTelemetry.CountRefusal();
            throw;
        }
    }

    IReadOnlyList<ClassProbability>[] Classify(PreprocessedImages images, int[] indices, int top) =>
        PredictionTelemetry.Measure(indices.Length, top, () => Ranked(images, indices, top));

    IReadOnlyList<ClassProbability>[] Ranked(PreprocessedImages images, int[] indices, int top)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var names = ClassNames;
        int count = Math.Min(top, names.Count);
        // [batch, classes] → [batch, count]
        var (values, labels) = Compute(images, indices).softmax(1).topk(count, 1);
        double[] probabilities = [.. values.cpu().contiguous().data<double>()];
        long[] ranked = [.. labels.cpu().contiguous().data<long>()];
        return [.. indices.Select((_, row) => (IReadOnlyList<ClassProbability>)[.. Enumerable.Range(0, count)
            .Select(rank => new ClassProbability(rank + 1, names[(int)ranked[row * count + rank]], probabilities[row * count + rank]))])];
    }

    IEnumerable<double[]> Logits(PreprocessedImages images, int[] indices)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        double[] all = [.. Compute(images, indices).cpu().contiguous().data<double>()];
        return all.Chunk(ClassNames.Count);
    }

    // [batch, classes], in the caller's scope.
    Tensor Compute(PreprocessedImages images, int[] indices)
    {
        var (type, device) = Evaluator.Place(model);
        return model.call(images.Batch(indices, device, type)).to(ScalarType.Float64);
    }

    static AdaptedModel Checked(AdaptedModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model;
    }
}

using LoraComposition.Models;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>
/// Adapts a base model to a folder of labelled images: draws K images per class to learn from, holds out others, tries every method, keeps the one
/// that is best on the images held out and tests it once where there is a test part.
/// </summary>
/// <remarks>Not thread-safe.</remarks>
/// <example>
/// <code>
/// var baseModel = ImageBaseModel.Open("vit");
/// using var modules = LoraAdapter.LoadAll("modules");
/// var adaptation = new ImageAdaptation(baseModel, modules, new ImageAdaptationOptions
/// {
///     Shots = 5,
///     Methods = [new LearnedComposition(), new UniformComposition(), new ClassifierTuning()],
/// });
/// using var result = adaptation.Run(ImageFolderSplits.Open("my-images"));
/// Console.WriteLine(result.Report.Verdict);
/// result.Save("my-model");
/// </code>
/// </example>
public sealed class ImageAdaptation
{
    readonly ImageBaseModel baseModel;
    readonly IReadOnlyList<LoraAdapter> modules;
    readonly ImageAdaptationOptions options;
    readonly PhaseTimes times;
    readonly ILogger logger;

    /// <summary>Describes the adaptation.</summary>
    /// <param name="baseModel">The base. In bfloat16 methods are tried faster where the processor multiplies it; the model that is kept is in float32 all the same.</param>
    /// <param name="modules">The upstream modules, each with a name of its own; none where no method needs them. Not owned.</param>
    /// <param name="options">The settings.</param>
    /// <param name="times">Is told what the time goes into. Not owned.</param>
    /// <param name="logger">Is told what is done.</param>
    /// <exception cref="ArgumentException">A setting is out of range, a method needs modules and there are none, or two have one name.</exception>
    public ImageAdaptation(ImageBaseModel baseModel, IReadOnlyList<LoraAdapter> modules, ImageAdaptationOptions options, PhaseTimes? times = null, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(baseModel);
        ArgumentNullException.ThrowIfNull(modules);
        ArgumentNullException.ThrowIfNull(options);
        options.Check(modules);
        (this.baseModel, this.modules, this.options, this.times, this.logger) = (baseModel, modules, options, times ?? new PhaseTimes(), logger ?? NullLogger.Instance);
    }

    /// <summary>Tries the methods and keeps the best.</summary>
    /// <param name="data">The labelled images.</param>
    /// <param name="progress">Is told how far the work is, and in a line each of what was passed over or skipped in the data, classes with too
    /// few images, idle modules, what had to be guessed and a tiny base.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    /// <returns>The model and the report, not saved yet. The caller owns it.</returns>
    /// <exception cref="DataException">There are too few classes or images, or pictures are damaged and not to be skipped; the message counts and names
    /// them.</exception>
    /// <exception cref="AdapterMismatchException">A module does not fit the base.</exception>
    /// <exception cref="TrainingDivergedException">A learning rate is too high.</exception>
    /// <exception cref="NonFiniteException">A module is out of all proportion to the base; the message names it.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public ImageAdaptationResult Run(ImageFolderSplits data, IProgressReporter? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        progress ??= NullProgressReporter.Instance;
        var started = DateTimeOffset.UtcNow;
        var begun = times.Read();
        var notes = new AdaptationNotes(progress, logger);
        foreach (string warning in data.Warnings) notes.Add(warning);
        notes.Add(baseModel.Warning);
        // What is held out lies behind what is learned from, so that the positions of the training part stay what they are.
        ImageDataset pool = data.Validation is { } heldOut ? new JoinedImages(data.Train, heldOut) : data.Train;
        using var images = new PreprocessedImages(pool, baseModel.Preprocessing);
        using var tested = data.Test is null ? null : new TestPictures(data.Test, baseModel.Preprocessing);
        var whole = new WholePictures(options.SkipDamaged);
        FewShotSamples samples;
        using (times.Enter(RunPhase.Decode))
        {
            samples = whole.Draw(images, data.Train.Count, options, progress, cancellation);
            if (tested is not null) whole.Check(tested, progress, cancellation);
        }
        whole.RefuseDamaged(data);
        notes.Add(whole.Warning(data));
        notes.Add(samples.Warning);
        notes.Add(modules);
        notes.Add(TinyBase.Warning(baseModel, images.MedianSide()));

        using var fitting = new HeadlessModules(modules, baseModel, pool.ClassNames);
        foreach (string warning in fitting.Warnings) notes.Add(warning);
        using var trainer = new ImageTrainer(baseModel, images, fitting.Modules, times: times, logger: logger);
        var search = new MethodSearch<VisionTransformer>(trainer, () => baseModel.LoadAsStored(), options, notes, logger);
        var (trained, attempts) = search.Run(samples, progress, cancellation);
        var model = Take(trained);
        try
        {
            var test = tested is null ? null : Test(model, tested, whole, progress, cancellation);
            var took = times.Read().Since(begun);
            logger.ModelAdapted(model.Info.Method, (long)took.Total.TotalMilliseconds);
            var configuration = AdaptationConfiguration.Of(options, options.ValidationPerClass, baseModel) with { Preprocessing = baseModel.Preprocessing };
            return new ImageAdaptationResult(model, AdaptationReport.Of(model.Info.Method, attempts, Samples(data, samples, whole), configuration, test, notes.Warnings, started, took));
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    AdaptedModel Take(TrainedModel<VisionTransformer> trained)
    {
        using var loading = times.Enter(RunPhase.Load);
        using (trained) return AdaptedModel.Take(trained, baseModel);
    }

    TestScore Test(AdaptedModel model, TestPictures test, WholePictures whole, IProgressReporter progress, CancellationToken cancellation)
    {
        using var testing = times.Enter(RunPhase.Test);
        using var bar = progress.Begin("testing", test.Count);
        double correct = 0, loss = 0;
        int count = 0;
        foreach (var (first, pictures) in test.Pieces())
        {
            int[] usable = whole.WholeTest(first, pictures.Dataset.Count);
            if (usable.Length == 0) continue;
            using (times.Enter(RunPhase.Decode)) pictures.Prepare(usable, cancellation: cancellation);
            var (score, _) = Evaluator.OnEachImage(model.Model, pictures, usable, options.Tuning.EvaluationBatchSize, states: null, bar, cancellation);
            correct += score.Accuracy * usable.Length;
            loss += score.Loss * usable.Length;
            count += usable.Length;
        }
        return new TestScore(count, correct / count, loss / count);
    }

    AdaptedSamples Samples(ImageFolderSplits data, FewShotSamples samples, WholePictures whole) => new(SampleKind.Images)
    {
        Classes = [.. data.Train.ClassNames.Select((name, label) => new ClassSamples(name, samples.Support.EffectiveShots[label], samples.ValidationCounts[label]))],
        Training = [.. samples.Support.Indices.Select(data.Train.RelativePath)],
        Validation = [.. samples.Validation.Select(i => i < data.Train.Count ? data.Train.RelativePath(i) : data.Validation!.RelativePath(i - data.Train.Count))],
        Skipped = whole.Skipped(data),
        Inputs = AdaptedSamples.InputsOf(baseModel, data.Train.Fingerprint, data.Validation?.Fingerprint, data.Test?.Fingerprint, modules),
    };
}

/// <summary>What adapting a model and predicting with it tells a logger.</summary>
static partial class AdaptationLog
{
    [LoggerMessage(EventId = 1000, Level = LogLevel.Information, Message = "Method '{Method}': accuracy {Accuracy}, loss {Loss} on {Count} images held out")]
    public static partial void MethodTried(this ILogger logger, string method, double accuracy, double loss, int count);

    [LoggerMessage(EventId = 1001, Level = LogLevel.Information, Message = "Adapted by '{Method}' in {Milliseconds} ms")]
    public static partial void ModelAdapted(this ILogger logger, string method, long milliseconds);

    [LoggerMessage(EventId = 1002, Level = LogLevel.Warning, Message = "{Problem}")]
    public static partial void ResultsAreDoubtful(this ILogger logger, string problem);

    [LoggerMessage(EventId = 1003, Level = LogLevel.Warning, Message = "Skipped a picture: {Problem}")]
    public static partial void PictureRefused(this ILogger logger, string problem);
}

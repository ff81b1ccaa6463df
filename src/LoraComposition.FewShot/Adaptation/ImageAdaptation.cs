using System.Diagnostics;
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
public sealed class ImageAdaptation
{
    const int TestChunk = 1024;   // the pictures in memory at once

    readonly ImageBaseModel baseModel;
    readonly IReadOnlyList<LoraAdapter> modules;
    readonly ImageAdaptationOptions options;
    readonly ILogger logger;

    /// <summary>Describes the adaptation.</summary>
    /// <param name="baseModel">The base, in float32: the adapter is merged into it, and 16-bit weights would lose small updates.</param>
    /// <param name="modules">The upstream modules, each with a name of its own; none where no method needs them. Not owned.</param>
    /// <param name="options">The settings.</param>
    /// <param name="logger">Is told what is done.</param>
    /// <exception cref="ArgumentException">A setting is out of range, the base is not in float32, a method needs modules and there are none, or two have one
    /// name.</exception>
    public ImageAdaptation(ImageBaseModel baseModel, IReadOnlyList<LoraAdapter> modules, ImageAdaptationOptions options, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(baseModel);
        ArgumentNullException.ThrowIfNull(modules);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (baseModel.Dtype != ScalarType.Float32) throw new ArgumentException($"Expected a base in float32, found {baseModel.Dtype}.", nameof(baseModel));
        if (modules.GroupBy(m => m.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ArgumentException($"Two adapters are called '{twice.Key}'; give each a name of its own.", nameof(modules));
        if (modules.Count == 0 && options.Methods.FirstOrDefault(m => m.NeedsModules) is { } method)
            throw new ArgumentException($"The method '{method.Name}' composes adapters, but none are given.", nameof(modules));
        (this.baseModel, this.modules, this.options, this.logger) = (baseModel, modules, options, logger ?? NullLogger.Instance);
    }

    /// <summary>Tries the methods and keeps the best.</summary>
    /// <param name="data">The labelled images.</param>
    /// <param name="progress">Is told how far the work is, and in a line each of classes with too few images, idle modules and a tiny base.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    /// <returns>The model and the report, not saved yet. The caller owns it.</returns>
    /// <exception cref="DataException">There are too few classes or images, or a picture is damaged.</exception>
    /// <exception cref="AdapterMismatchException">A module does not fit the base.</exception>
    /// <exception cref="TrainingDivergedException">A learning rate is too high.</exception>
    /// <exception cref="NonFiniteException">A module is out of all proportion to the base; the message names it.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public ImageAdaptationResult Run(ImageFolderSplits data, IProgressReporter? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        progress ??= NullProgressReporter.Instance;
        var started = DateTimeOffset.UtcNow;
        var clock = Stopwatch.StartNew();
        var samples = FewShotSamples.OfImages(data.Train, options.Shots, options.ValidationPerClass, options.Seed);
        var warnings = new List<string>();
        Warn(warnings, samples.Warning, progress);
        foreach (var module in modules) Warn(warnings, module.ZeroWarning, progress);
        using var images = new PreprocessedImages(data.Train, baseModel.Preprocessing);
        Prepare(images, [.. samples.Support.Indices, .. samples.Validation], progress, cancellation);
        Warn(warnings, TinyBase.Warning(baseModel, images.MedianSide()), progress);

        using var search = new MethodSearch(baseModel, modules, images, options, warning => Warn(warnings, warning, progress), logger);
        var (trained, attempts) = search.Run(samples, progress, cancellation);
        var model = Take(trained);
        try
        {
            var test = data.Test is null ? null : Test(model, data.Test, progress, cancellation);
            logger.ModelAdapted(model.Info.Method, clock.ElapsedMilliseconds);
            return new ImageAdaptationResult(model, Report(data, samples, warnings, attempts, model.Info.Method, test, started, clock.Elapsed));
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    AdaptedModel Take(TrainedModel<VisionTransformer> trained)
    {
        using (trained) return AdaptedModel.Take(trained, baseModel);
    }

    static void Prepare(PreprocessedImages images, IReadOnlyList<int> indices, IProgressReporter progress, CancellationToken cancellation)
    {
        using var bar = progress.Begin("reading pictures", indices.Count);
        images.Prepare(indices, bar, cancellation);
    }

    void Warn(List<string> warnings, string? warning, IProgressReporter progress)
    {
        if (warning is null) return;
        warnings.Add(warning);
        progress.Report($"warning: {warning}");
        logger.ResultsAreDoubtful(warning);
    }

    // In pieces, because a test part may be far larger than memory and each picture is needed once.
    TestScore Test(AdaptedModel model, ImageDataset test, IProgressReporter progress, CancellationToken cancellation)
    {
        using var bar = progress.Begin("testing", test.Count);
        double correct = 0, loss = 0;
        foreach (int[] chunk in Enumerable.Range(0, test.Count).Chunk(TestChunk))
        {
            using var images = new PreprocessedImages(new DatasetView(test, chunk), model.Preprocessing);
            images.Prepare([.. Enumerable.Range(0, chunk.Length)], bar, cancellation);
            var score = Evaluator.OnImages(model.Model, images, [.. Enumerable.Range(0, chunk.Length)], options.Tuning.EvaluationBatchSize,
                cancellation: cancellation);
            correct += score.Accuracy * chunk.Length;
            loss += score.Loss * chunk.Length;
        }
        return new TestScore(test.Count, correct / test.Count, loss / test.Count);
    }

    AdaptationReport Report(ImageFolderSplits data, FewShotSamples samples, IReadOnlyList<string> warnings, IReadOnlyList<MethodAttempt> attempts, string chosen,
        TestScore? test, DateTimeOffset started, TimeSpan elapsed)
    {
        var best = attempts.Single(attempt => attempt.Result.Method == chosen);
        bool crossValidated = samples.Validation.Count == 0;
        return new AdaptationReport
        {
            Chosen = chosen,
            Methods = [.. attempts.Select(attempt => attempt.Result)],
            Comparisons = MethodComparison.OfAll(best.Correct, [.. attempts.Where(attempt => attempt != best).Select(other => (other.Result.Method, other.Correct))]),
            CrossValidated = crossValidated,
            ValidationCount = crossValidated ? samples.Support.Indices.Count : samples.Validation.Count,
            Test = test,
            Warnings = warnings,
            Classes = [.. data.Train.ClassNames.Select((name, label) => new ClassSamples(name, samples.Support.EffectiveShots[label],
                samples.ValidationCounts[label]))],
            TrainingFiles = [.. samples.Support.Indices.Select(data.Train.RelativePath)],
            ValidationFiles = [.. samples.Validation.Select(data.Train.RelativePath)],
            Inputs = Inputs(data),
            Configuration = new AdaptationConfiguration
            {
                Seed = options.Seed,
                Shots = options.Shots,
                ValidationPerClass = options.ValidationPerClass,
                Methods = [.. options.Methods.Select(m => m.Name)],
                Tuning = options.Tuning,
                Preprocessing = baseModel.Preprocessing,
                Device = ComputeDevice.Describe(baseModel.Device),
            },
            Versions = SoftwareVersions.Current,
            StartedUtc = started,
            Seconds = Math.Round(elapsed.TotalSeconds, 3),
        };
    }

    Dictionary<string, string> Inputs(ImageFolderSplits data)
    {
        var inputs = new Dictionary<string, string> { ["base"] = baseModel.Fingerprint, ["train"] = data.Train.Fingerprint };
        if (data.Test is { } test) inputs["test"] = test.Fingerprint;
        foreach (var module in modules) inputs[$"adapter {module.Name}"] = module.Fingerprint ?? "made in memory";
        return inputs;
    }
}

/// <summary>What adapting a model and predicting with it tells a logger.</summary>
static partial class AdaptationLog
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Method '{Method}': accuracy {Accuracy}, loss {Loss} on {Count} images held out")]
    public static partial void MethodTried(this ILogger logger, string method, double accuracy, double loss, int count);

    [LoggerMessage(Level = LogLevel.Information, Message = "Adapted by '{Method}' in {Milliseconds} ms")]
    public static partial void ModelAdapted(this ILogger logger, string method, long milliseconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Problem}")]
    public static partial void ResultsAreDoubtful(this ILogger logger, string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Skipped a picture: {Problem}")]
    public static partial void PictureRefused(this ILogger logger, string problem);
}

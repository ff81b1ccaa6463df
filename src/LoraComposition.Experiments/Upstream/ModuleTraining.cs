using LoraComposition.FewShot;
using LoraComposition.Models;
using Microsoft.Extensions.Logging;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Experiments;

/// <summary>How the module of one upstream task comes about.</summary>
public interface IModuleTraining
{
    /// <summary>The task's name, which the module has too.</summary>
    string Name { get; }

    /// <summary>Everything that decides what the module becomes: base model, data and settings, as an object that can be written as JSON.</summary>
    object Configuration { get; }

    /// <summary>Trains the module.</summary>
    /// <param name="progress">Is told how far the work is.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    /// <returns>The module, which the caller owns, and how the training went.</returns>
    /// <exception cref="TrainingDivergedException">The learning rate is too high.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    (LoraAdapter Module, TrainingOutcome Outcome) Train(IProgressReporter? progress = null, CancellationToken cancellation = default);

    /// <summary>The diagonal of the Fisher information of the task, over samples that the module was trained on.</summary>
    /// <param name="module">The trained module, with its head where there is one. It stays the caller's.</param>
    /// <param name="progress">Is told how far the work is.</param>
    /// <param name="cancellation">Stops between two samples.</param>
    /// <returns>A number from 0 for each entry of each layer's update, <c>[out, in]</c>, by the layer's path. The caller owns the tensors.</returns>
    /// <exception cref="NotSupportedException">There is no way for such a task.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    IReadOnlyDictionary<string, Tensor> MeasureFisher(LoraAdapter module, IProgressReporter? progress = null, CancellationToken cancellation = default) =>
        throw new NotSupportedException($"The Fisher information of '{Name}' cannot be measured: its training has no way to. Leave method fisher out.");
}

/// <summary>A LoRA for one task: what images and texts have in common.</summary>
/// <typeparam name="TModel">The kind of base model.</typeparam>
/// <typeparam name="TSamples">The prepared samples.</typeparam>
/// <remarks>Not thread-safe.</remarks>
public abstract class ModuleTraining<TModel, TSamples> : IModuleTraining where TModel : class, IBaseModel where TSamples : class
{
    readonly FewShotTask<TSamples> task;
    readonly ModuleTrainingOptions options;

    private protected ModuleTraining(FewShotTask<TSamples> task, ModuleTrainingOptions options)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (this.task, this.options) = (task, options);
    }

    /// <inheritdoc/>
    public string Name => task.Name;

    /// <inheritdoc/>
    public abstract object Configuration { get; }

    /// <inheritdoc/>
    public (LoraAdapter Module, TrainingOutcome Outcome) Train(IProgressReporter? progress = null, CancellationToken cancellation = default)
    {
        using var trainer = OpenTrainer();
        return trainer.TrainModule(task.Name, task.Pool, task.Validation, options, progress: progress, cancellation: cancellation);
    }

    /// <summary>Most samples that the Fisher information is measured over.</summary>
    const int FisherSamples = 256;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, Tensor> MeasureFisher(LoraAdapter module, IProgressReporter? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(module);
        int[] drawn = [.. FisherInformation.Draw(task.Pool.Count, FisherSamples, options.Seed).Select(position => task.Pool[position]).Order()];
        using var bar = (progress ?? NullProgressReporter.Instance).Begin($"module {task.Name}: Fisher information", drawn.Length);
        return MeasureFisher(module, drawn, options.Seed, bar, cancellation);
    }

    private protected abstract FewShotTrainer<TModel> OpenTrainer();

    /// <summary>The diagonal over some of the task's samples, by a fresh model in float32.</summary>
    private protected abstract IReadOnlyDictionary<string, Tensor> MeasureFisher(LoraAdapter module, int[] samples, int seed, IProgressTask progress,
        CancellationToken cancellation);
}

/// <summary>A LoRA for a task of image classification: the head is warmed up on features first, then both train.</summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class ImageModuleTraining : ModuleTraining<VisionTransformer, PreprocessedImages>
{
    readonly ImageBaseModel baseModel;
    readonly ImageTask task;
    readonly ModuleTrainingOptions options;
    readonly ILogger? logger;

    /// <summary>Describes the training.</summary>
    /// <param name="baseModel">The model.</param>
    /// <param name="task">The task; all of its pool is learned from.</param>
    /// <param name="options">The settings.</param>
    /// <param name="logger">Is told how the training goes.</param>
    /// <exception cref="ArgumentException">A setting lies outside its range.</exception>
    public ImageModuleTraining(ImageBaseModel baseModel, ImageTask task, ModuleTrainingOptions options, ILogger? logger = null) : base(task, options)
    {
        ArgumentNullException.ThrowIfNull(baseModel);
        (this.baseModel, this.task, this.options, this.logger) = (baseModel, task, options, logger);
    }

    /// <inheritdoc/>
    public override object Configuration => new
    {
        foundation = baseModel.Fingerprint,
        preprocessing = baseModel.Preprocessing,
        dtype = baseModel.Dtype.ToString(),
        task = task.Name,
        classes = task.ClassNames,
        data = task.Train.Dataset.Fingerprint,
        pool = ConfigurationHash.Of(task.Pool),
        validation = ConfigurationHash.Of(task.Validation),
        options,
    };

    private protected override FewShotTrainer<VisionTransformer> OpenTrainer() => new ImageTrainer(baseModel, task.Train, logger: logger);

    private protected override IReadOnlyDictionary<string, Tensor> MeasureFisher(LoraAdapter module, int[] samples, int seed, IProgressTask progress,
        CancellationToken cancellation)
    {
        using var model = baseModel.Load(task.ClassNames, headSeed: 0);
        model.to(ScalarType.Float32);
        return FisherInformation.OfPreprocessed(model, module, task.Train, samples, seed, progress, cancellation);
    }
}

/// <summary>A LoRA for a task of questions whose answers a T5 writes.</summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class TextModuleTraining : ModuleTraining<T5Model, TokenizedQuestions>
{
    readonly TextBaseModel baseModel;
    readonly TextTask task;
    readonly ModuleTrainingOptions options;
    readonly ILogger? logger;

    /// <summary>Describes the training.</summary>
    /// <param name="baseModel">The model.</param>
    /// <param name="task">The task; all of its pool is learned from.</param>
    /// <param name="options">The settings; there is no head to warm up.</param>
    /// <param name="logger">Is told how the training goes.</param>
    /// <exception cref="ArgumentException">A setting lies outside its range.</exception>
    public TextModuleTraining(TextBaseModel baseModel, TextTask task, ModuleTrainingOptions options, ILogger? logger = null) : base(task, options)
    {
        ArgumentNullException.ThrowIfNull(baseModel);
        (this.baseModel, this.task, this.options, this.logger) = (baseModel, task, options, logger);
    }

    /// <inheritdoc/>
    public override object Configuration => new
    {
        foundation = baseModel.Fingerprint,
        dtype = baseModel.Dtype.ToString(),
        task = task.Configuration,
        options,
    };

    private protected override FewShotTrainer<T5Model> OpenTrainer() => new TextTrainer(baseModel, task.Train, logger: logger);

    private protected override IReadOnlyDictionary<string, Tensor> MeasureFisher(LoraAdapter module, int[] samples, int seed, IProgressTask progress,
        CancellationToken cancellation)
    {
        using var model = baseModel.Load();
        model.to(ScalarType.Float32);
        return FisherInformation.OfQuestions(model, module, task.Train, samples, seed, progress, cancellation);
    }
}

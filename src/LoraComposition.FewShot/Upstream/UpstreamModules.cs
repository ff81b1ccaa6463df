using System.Text.Json;
using LoraComposition.Adapters;
using LoraComposition.Attachments;
using LoraComposition.FewShot.Experiments;
using LoraComposition.FewShot.Foundations;
using LoraComposition.FewShot.Progress;
using LoraComposition.FewShot.Results;
using LoraComposition.FewShot.Training;
using LoraComposition.Models.Vit;
using LoraComposition.Serialization;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Upstream;

/// <summary>One LoRA per upstream task, each kept as a PEFT folder and trained only where it is not there yet.</summary>
/// <remarks>
/// A folder's name ends in the key of its training: a hash of the foundation, the data and the settings. It appears whole, by a rename, so that
/// several processes may share it.
/// </remarks>
public sealed class UpstreamModules
{
    const string Report = "training.json";
    const int EvaluationBatchSize = 128;
    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    readonly string folder;
    readonly Foundation foundation;
    readonly UpstreamOptions options;

    /// <summary>Names the folder and the settings.</summary>
    /// <param name="folder">The folder that holds a sub-folder for each module; created where it is missing.</param>
    /// <param name="foundation">The model the modules are trained on.</param>
    /// <param name="options">How they are trained.</param>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    public UpstreamModules(string folder, Foundation foundation, UpstreamOptions options)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        ArgumentNullException.ThrowIfNull(foundation);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (this.folder, this.foundation, this.options) = (folder, foundation, options);
    }

    /// <summary>The key of a task's training: the same key, the same module.</summary>
    /// <param name="task">The task.</param>
    /// <returns>A SHA-256 in hexadecimal digits.</returns>
    public string KeyOf(FewShotTask task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return ConfigurationHash.Of(Configuration(task));
    }

    /// <summary>Reads the module of a task, or trains and saves it first.</summary>
    /// <param name="task">The upstream task.</param>
    /// <param name="progress">Is told how far the training is.</param>
    /// <param name="cancellation">Stops between two steps and leaves nothing behind.</param>
    /// <returns>The module. The caller owns it.</returns>
    /// <exception cref="ModelFileException">The module that is there is damaged.</exception>
    /// <exception cref="TrainingDivergedException">The learning rate is too high.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public LoraAdapter GetOrTrain(FewShotTask task, IProgressReporter progress, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(progress);
        string target = Path.Combine(folder, $"{task.Name}-{KeyOf(task)[..12]}");
        if (!Directory.Exists(target)) Train(task, target, progress, cancellation);
        return LoraAdapter.Load(target, task.Name);
    }

    void Train(FewShotTask task, string target, IProgressReporter progress, CancellationToken cancellation)
    {
        using var model = foundation.Load(task.ClassNames, options.Seed);
        if (options.WarmUpEpochs > 0) WarmUp(model, task, progress, cancellation);

        using var tuning = LoraTuning.Attach(model, options.Lora, options.Seed);
        foreach (var parameter in model.Classifier!.parameters()) parameter.requires_grad = true;
        model.train();
        var (type, device) = Evaluator.Place(model);
        Tensor Loss(int[] batch) => nn.functional.cross_entropy(model.call(task.Train.Batch(batch, device, type)), task.Train.Labels(batch, device));
        ValidationScore Validate() => Evaluator.OnImages(model, task.Train, task.Validation, EvaluationBatchSize, cancellation);
        using var steps = progress.Begin($"module {task.Name}: LoRA", options.Training.StepsFor(task.Pool.Count));
        var outcome = Trainer.Train([new TrainableGroup(tuning.TrainableParameters, options.LearningRate, options.WeightDecay), Head(model, options.LearningRate)],
            task.Pool, Loss, task.Validation.Count > 0 ? Validate : null, options.Training, options.Seed, () => steps.Advance(), cancellation);

        Save(tuning, task, target, outcome);
    }

    // The body is frozen here, so its features are computed once and the head trains on them.
    void WarmUp(VisionTransformer model, FewShotTask task, IProgressReporter progress, CancellationToken cancellation)
    {
        var training = options.Training with { Steps = null, Epochs = options.WarmUpEpochs };
        using var bank = new FeatureBank(model, task.Train, EvaluationBatchSize);
        using var bar = progress.Begin($"module {task.Name}: features", task.Pool.Count);
        using var features = bank.Features(task.Pool, bar, cancellation);
        using var labels = bank.Labels(task.Pool);
        HeadTraining.Run(model, Head(model, options.HeadWarmUpLearningRate), features, labels, validate: null, training, options.Seed, cancellation);
    }

    TrainableGroup Head(VisionTransformer model, double rate) => new([.. model.Classifier!.parameters()], rate, options.WeightDecay);

    void Save(LoraTuning tuning, FewShotTask task, string target, TrainingOutcome outcome)
    {
        string building = $"{target}.{Guid.NewGuid():N}.partial";
        try
        {
            using (var adapter = tuning.ToAdapter(task.Name)) adapter.Save(building);
            AtomicFile.Write(Path.Combine(building, Report), stream => JsonSerializer.Serialize(stream, new { configuration = Configuration(task), outcome }, Indented));
            Directory.Move(building, target);
        }
        catch (IOException) when (Directory.Exists(target))
        {
            // Another process finished the same module meanwhile; either of the two is as good.
        }
        finally
        {
            if (Directory.Exists(building)) Directory.Delete(building, recursive: true);
        }
    }

    object Configuration(FewShotTask task) => new
    {
        foundation = foundation.Fingerprint,
        preprocessing = foundation.Preprocessing,
        dtype = foundation.Dtype.ToString(),
        task = task.Name,
        classes = task.ClassNames,
        data = task.Train.Dataset.Fingerprint,
        pool = ConfigurationHash.Of(task.Pool),
        validation = ConfigurationHash.Of(task.Validation),
        options,
    };
}

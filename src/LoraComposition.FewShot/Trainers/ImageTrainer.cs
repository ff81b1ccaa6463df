using System.Diagnostics.CodeAnalysis;
using LoraComposition.Models;
using Microsoft.Extensions.Logging;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>Trains tuning methods and LoRA modules on images. The features of frozen models are computed once for all trainings.</summary>
/// <remarks>Owns the prepared images where it made them, and the frozen models. Not thread-safe.</remarks>
/// <example>
/// <code>
/// using var modules = LoraAdapter.LoadAll("modules");
/// var images = ImageFolderDataset.Open("my-images");               // a folder for each class
/// var samples = FewShotSamples.OfImages(images, shots: 5);         // five of each class; what is left stops the training
/// using var trainer = new ImageTrainer(ImageBaseModel.Open("vit"), images, modules);
/// using var trained = trainer.Train(new LearnedComposition(), samples);
/// foreach (var check in trained.Outcome.History)
///     Console.WriteLine($"step {check.Step}: loss {check.TrainingLoss:F3}, held out {check.Validation?.Accuracy:P1}");
/// using (var adapter = trained.ToAdapter("my-task")!) adapter.Save("my-task");   // with the trained head and the names of the classes
/// var found = trained.ToWeights()!;                                // the weight of every module at every layer
/// using var plain = trained.Merge();                               // or: the plain model with it all in its weights
/// plain.Save("my-vit", new CheckpointSaveOptions { Base = "vit" });
/// </code>
/// </example>
public sealed class ImageTrainer : FewShotTrainer<VisionTransformer>
{
    readonly ImageBaseModel baseModel;
    readonly PreprocessedImages images;
    readonly bool ownsImages;
    readonly FrozenModels frozen;
    readonly FittedHeads heads;
    readonly HiddenStates hidden;

    /// <summary>Trains on a data set.</summary>
    /// <param name="baseModel">The base model.</param>
    /// <param name="dataset">The labelled images; prepared when first needed.</param>
    /// <param name="modules">The modules that methods may compose; none where not given. Not owned.</param>
    /// <param name="times">Is told what the time goes into. Not owned.</param>
    /// <param name="logger">Is told what is done.</param>
    [SuppressMessage("ApiDesign", "RS0026", Justification = "The overloads differ in a parameter that must be given.")]
    public ImageTrainer(ImageBaseModel baseModel, ImageDataset dataset, IReadOnlyList<LoraAdapter>? modules = null, PhaseTimes? times = null, ILogger? logger = null)
        : this(baseModel, Prepared(baseModel, dataset), modules, times: times, logger: logger) => ownsImages = true;

    /// <summary>Trains on images that others use too.</summary>
    /// <param name="baseModel">The base model.</param>
    /// <param name="images">The labelled images, prepared as the base model asks. Not owned.</param>
    /// <param name="modules">The modules that methods may compose; none where not given. Not owned.</param>
    /// <param name="featureBatchSize">The images in a batch of features. Default 32.</param>
    /// <param name="times">Is told what the time goes into. Not owned.</param>
    /// <param name="logger">Is told what is done.</param>
    /// <exception cref="ArgumentOutOfRangeException">The batch size is not positive.</exception>
    [SuppressMessage("ApiDesign", "RS0026", Justification = "The overloads differ in a parameter that must be given.")]
    public ImageTrainer(ImageBaseModel baseModel, PreprocessedImages images, IReadOnlyList<LoraAdapter>? modules = null,
        int featureBatchSize = FeatureBank.DefaultBatchSize, PhaseTimes? times = null, ILogger? logger = null)
        : base(modules, times, logger)
    {
        ArgumentNullException.ThrowIfNull(baseModel);
        ArgumentNullException.ThrowIfNull(images);
        ArgumentOutOfRangeException.ThrowIfLessThan(featureBatchSize, 1);
        (this.baseModel, this.images) = (baseModel, images);
        frozen = new FrozenModels(baseModel, images.Dataset.ClassNames, Modules, featureBatchSize, Times);
        heads = new FittedHeads(frozen, images, Logger);
        hidden = new HiddenStates(featureBatchSize);
    }

    /// <summary>How many pictures have passed the blocks that nothing trains in, for trainings and their checks.</summary>
    internal long PassedFrozenBlocks => hidden.Passed;

    /// <summary>Accuracy and loss on some images; from features where nothing but the head was trained.</summary>
    /// <param name="trained">A model that this object trained.</param>
    /// <param name="scored">The images, of the same classes.</param>
    /// <param name="indices">Their positions.</param>
    /// <param name="cancellation">Stops between two batches.</param>
    /// <returns>The score.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public ValidationScore Score(TrainedModel<VisionTransformer> trained, PreprocessedImages scored, IReadOnlyList<int> indices,
        CancellationToken cancellation = default) => ScoreEach(trained, scored, indices, cancellation).Score;

    /// <summary>As <see cref="Score"/>, and which of the images were classified correctly.</summary>
    /// <param name="trained">A model that this object trained.</param>
    /// <param name="scored">The images, of the same classes.</param>
    /// <param name="indices">Their positions.</param>
    /// <param name="cancellation">Stops between two batches.</param>
    /// <returns>The score, and for each position whether the model is right.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public (ValidationScore Score, IReadOnlyList<bool> Correct) ScoreEach(TrainedModel<VisionTransformer> trained, PreprocessedImages scored,
        IReadOnlyList<int> indices, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(trained);
        if (trained.Tuning.Trained.Count == 0)
        {
            var bank = frozen.Bank(trained.Method.Start, scored);
            using var features = bank.Features(indices, cancellation);
            using var labels = bank.Labels(indices);
            return Evaluator.OnEachFeature(trained.Model, features, labels);
        }
        using var fixedWeights = trained.Tuning.FixForEvaluation();
        return Evaluator.OnEachImage(trained.Model, scored, indices, trained.Options.EvaluationBatchSize, hidden, progress: null, cancellation);
    }

    /// <summary>The class that a trained model gives each of some images of the data set.</summary>
    /// <param name="trained">A model that this object trained.</param>
    /// <param name="indices">The positions of the images.</param>
    /// <param name="cancellation">Stops between two batches.</param>
    /// <returns>A label for each position.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public int[] Predict(TrainedModel<VisionTransformer> trained, IReadOnlyList<int> indices, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(trained);
        if (trained.Tuning.Trained.Count == 0)
        {
            using var features = frozen.Bank(trained.Method.Start, images).Features(indices, cancellation);
            return Evaluator.PredictFromFeatures(trained.Model, features);
        }
        using var fixedWeights = trained.Tuning.FixForEvaluation();
        return Evaluator.Predict(trained.Model, images, indices, trained.Options.EvaluationBatchSize, hidden, cancellation);
    }

    // A head alone is judged on the features that it was fitted on.
    internal override (ValidationScore Score, IReadOnlyList<bool> Correct) Judge(TrainedModel<VisionTransformer> trained, IReadOnlyList<int> validation,
        CancellationToken cancellation)
    {
        using var scoring = Times.Enter(RunPhase.Validation);
        int[] predicted = Predict(trained, validation, cancellation);
        return (trained.Outcome.Validation!.Value, [.. predicted.Zip(validation, (label, index) => label == images.Dataset.Label(index))]);
    }

    private protected override void Prepare(FewShotSamples samples, IProgressReporter progress, CancellationToken cancellation)
    {
        using var decoding = Times.Enter(RunPhase.Decode);
        images.Prepare([.. samples.Support.Indices, .. samples.Validation], cancellation: cancellation);
    }

    private protected override VisionTransformer LoadModel(int seed) => baseModel.Load(images.Dataset.ClassNames, headSeed: seed);

    private protected override (int[] Labels, int Classes) ClassesOf(IReadOnlyList<int> samples) =>
        ([.. samples.Select(images.Dataset.Label)], images.Dataset.ClassNames.Count);

    private protected override IReadOnlyList<Parameter> HeadOf(VisionTransformer model) => [.. model.Classifier!.parameters()];

    private protected override IBatchLoss OpenBatches(VisionTransformer model, IReadOnlyList<int> samples, ImageAugmentation augmentation, int seed)
    {
        hidden.MakeRoom();
        return new Batches(model, hidden, images, samples, augmentation, seed);
    }

    private protected override ValidationScore Validate(VisionTransformer model, IReadOnlyList<int> samples, int batchSize, CancellationToken cancellation) =>
        ValidateEach(model, samples, batchSize, cancellation).Score;

    private protected override (ValidationScore Score, IReadOnlyList<bool> Correct) ValidateEach(VisionTransformer model, IReadOnlyList<int> samples, int batchSize,
        CancellationToken cancellation) => Evaluator.OnEachImage(model, images, samples, batchSize, hidden, progress: null, cancellation);

    // The rest of the model is frozen here, so its features are computed once and the head trains on them.
    private protected override TrainedHead TrainHead(VisionTransformer model, StartingPoint start, string name, FewShotSamples samples, TuningOptions options,
        bool headAlone, IProgressReporter progress, CancellationToken cancellation)
    {
        if (options.Head is { } head) return heads.Over(start, name, samples, head, options.Augmentation, progress, cancellation).CopyTo(model);
        var bank = frozen.Bank(start, images);
        var (support, validation) = (samples.Support, samples.Validation);
        using var bar = progress.Begin($"{name}: features", support.Indices.Count + validation.Count);
        using var features = bank.Features(support.Indices, bar, cancellation);
        using var labels = bank.Labels(support.Indices);
        using var heldOut = validation.Count > 0 ? bank.Features(validation, bar, cancellation) : null;
        using var heldOutLabels = validation.Count > 0 ? bank.Labels(validation) : null;
        Func<ValidationScore>? validate = heldOut is null ? null : () => Evaluator.OnFeatures(model, heldOut, heldOutLabels!);
        TrainingOutcome Train(double rate, TrainingOptions training) =>
            HeadTraining.Run(model, new TrainableGroup(HeadOf(model), rate, options.WeightDecay), features, labels, validate, training, support.Seed, Logger,
                cancellation);

        var outcome = TrainingOutcome.Untrained;
        if (options.WarmUpEpochs > 0) outcome = Train(options.HeadWarmUpLearningRate,
            options.Training with { Steps = null, Epochs = options.WarmUpEpochs, Checks = 10, Patience = 10 });
        return new TrainedHead(headAlone ? Train(options.HeadLearningRate, options.Training) : outcome);
    }

    private protected override IReadOnlyList<ValidationScore>? ScoreStarts(IReadOnlyList<ITuningMethod> starts, FewShotSamples samples, TuningOptions options,
        IProgressReporter progress, CancellationToken cancellation)
    {
        var scores = new List<ValidationScore>();
        foreach (var start in starts)
        {
            if (heads.Over(start.Start, start.Name, samples, options.Head!, options.Augmentation, progress, cancellation).How.HeldOut is not { } score) return null;
            scores.Add(score);
        }
        return scores;
    }

    private protected override IStartLoss OpenStartLoss(FewShotSamples samples, TuningOptions options, CancellationToken cancellation) =>
        new FittedHeadLoss(LoadModel(samples.Support.Seed), images, Modules, samples.Support.Indices, (options.Head ?? new HeadOptions()).FixedPenalty, frozen.BatchSize, Times, cancellation);

    private protected override void ForgetStart(StartingPoint start) => frozen.Forget(start);

    private protected override void ForgetHeads() => heads.Forget();

    private protected override void WarmUpModule(VisionTransformer model, string name, IReadOnlyList<int> samples, IReadOnlyList<int> validation,
        ModuleTrainingOptions options, IProgressReporter progress, CancellationToken cancellation)
    {
        if (options.Head is { } head)
        {
            using var fitted = heads.Fit(StartingPoint.BaseModel, $"module {name}", samples, validation, head, options.Augmentation, options.Seed, progress, cancellation);
            fitted.CopyTo(model);
            return;
        }
        if (options.WarmUpEpochs == 0) return;
        using var bank = new FeatureBank(model, images, FeatureBank.DefaultBatchSize, times: Times);
        using var bar = progress.Begin($"module {name}: features", samples.Count);
        using var features = bank.Features(samples, bar, cancellation);
        using var labels = bank.Labels(samples);
        HeadTraining.Run(model, new TrainableGroup(HeadOf(model), options.HeadWarmUpLearningRate, options.WeightDecay), features, labels, validate: null,
            options.Training with { Steps = null, Epochs = options.WarmUpEpochs }, options.Seed, Logger, cancellation);
    }

    private protected override void Dispose(bool disposing)
    {
        heads.Dispose();
        frozen.Dispose();
        hidden.Dispose();
        if (ownsImages) images.Dispose();
        base.Dispose(disposing);
    }

    static PreprocessedImages Prepared(ImageBaseModel baseModel, ImageDataset dataset)
    {
        ArgumentNullException.ThrowIfNull(baseModel);
        return new PreprocessedImages(dataset, baseModel.Preprocessing);
    }

    sealed class Batches : IBatchLoss
    {
        readonly VisionTransformer model;
        readonly HiddenStates hidden;
        readonly PreprocessedImages images;
        readonly ImageBatches batches;
        readonly int frozen;

        public Batches(VisionTransformer model, HiddenStates hidden, PreprocessedImages images, IReadOnlyList<int> samples, ImageAugmentation augmentation, int seed)
        {
            var (type, device) = Evaluator.Place(model);
            (this.model, this.hidden, this.images, batches) = (model, hidden, images, new ImageBatches(images, samples, device, type, augmentation, seed));
            // Of crops no picture is seen alike twice.
            frozen = augmentation is ImageAugmentation.None or ImageAugmentation.Flip ? model.FrozenBlocks : -1;
        }

        public Tensor Loss(int[] batch)
        {
            if (frozen >= 0) return nn.functional.cross_entropy(hidden.Logits(model, frozen, images, batch, batches.DrawViews(batch.Length)), batches.Labels(batch));
            var (pixels, labels) = batches.Take(batch);
            return nn.functional.cross_entropy(model.call(pixels), labels);
        }

        public void Skip(int samples) => batches.Skip(samples);

        public void Dispose() => batches.Dispose();
    }
}

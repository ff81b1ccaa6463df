using LoraComposition.Models;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>Trains tuning methods on a few labelled samples of one data set, and LoRA modules on many; what the samples are, a subclass says.</summary>
/// <typeparam name="TModel">The kind of base model.</typeparam>
/// <remarks>Owns what it keeps between trainings, neither the data nor the modules. Not thread-safe.</remarks>
public abstract partial class FewShotTrainer<TModel> : IDisposable where TModel : class, IBaseModel
{
    FewShotSamples? current;

    private protected FewShotTrainer(IReadOnlyList<LoraAdapter>? modules, PhaseTimes? times, ILogger? logger) =>
        (Modules, Times, Logger) = (modules ?? [], times ?? new PhaseTimes(), logger ?? NullLogger.Instance);

    /// <summary>The modules that methods may compose. Not owned.</summary>
    public IReadOnlyList<LoraAdapter> Modules { get; }

    private protected ILogger Logger { get; }

    /// <summary>What the time of this object goes into. Not owned.</summary>
    public PhaseTimes Times { get; }

    /// <summary>
    /// Trains a fresh copy of the base model; where the method has several candidates one for each, of which the best on held-out samples is kept: on the validation
    /// part, or by cross-validation within the support set where there is none.
    /// </summary>
    /// <param name="method">The method.</param>
    /// <param name="samples">What to learn from, and what to stop and choose by.</param>
    /// <param name="options">The settings of the methods; defaults where not given.</param>
    /// <param name="progress">Is told how far the work is.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    /// <returns>The trained model. The caller owns it.</returns>
    /// <exception cref="ArgumentException">A setting lies outside its range, or the method needs modules and there are none.</exception>
    /// <exception cref="AdapterMismatchException">A module does not fit the model.</exception>
    /// <exception cref="TrainingDivergedException">The loss is not a number any more.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public TrainedModel<TModel> Train(ITuningMethod method, FewShotSamples samples, TuningOptions? options = null, IProgressReporter? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(samples);
        options ??= new TuningOptions();
        progress ??= NullProgressReporter.Instance;
        options.Validate();
        if (method.NeedsModules && Modules.Count == 0) throw new ArgumentException($"Method '{method.Name}' composes modules, and none are given.", nameof(method));
        if (!samples.Equals(current)) ForgetHeads();
        current = samples;
        Prepare(samples, progress, cancellation);
        var candidates = method.Candidates(Modules.Count, options);
        if (candidates is [var only]) return TrainOne(only, samples, options, progress, cancellation);
        return samples.Validation.Count > 0 ? ChooseOnValidation(candidates, samples, options, progress, cancellation)
            : ChooseByFolds(method, candidates, samples, options, progress, cancellation);
    }

    /// <summary>Trains a LoRA module on samples of its own task: where the task has a head, that is warmed up on features first, then both train.</summary>
    /// <param name="name">What to call the module.</param>
    /// <param name="samples">The positions of the samples to learn from.</param>
    /// <param name="validation">The positions to stop by; empty: the last state is kept.</param>
    /// <param name="options">The settings; defaults where not given.</param>
    /// <param name="state">A file that the training is kept in at every check, and goes on from; it stays when the training has ended. None where not given.</param>
    /// <param name="progress">Is told how far the work is.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    /// <returns>The module, which the caller owns, and how the training went.</returns>
    /// <exception cref="ArgumentException">A setting lies outside its range, or there is no sample.</exception>
    /// <exception cref="ModelFileException">The file to go on from is damaged, or of another training.</exception>
    /// <exception cref="TrainingDivergedException">The loss is not a number any more.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public (LoraAdapter Module, TrainingOutcome Outcome) TrainModule(string name, IReadOnlyList<int> samples, IReadOnlyList<int> validation,
        ModuleTrainingOptions? options = null, TrainingStateFile? state = null,
        IProgressReporter? progress = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentNullException.ThrowIfNull(validation);
        options ??= new ModuleTrainingOptions();
        progress ??= NullProgressReporter.Instance;
        options.Validate();
        using var model = LoadModel(options.Seed);
        WarmUpModule(model, name, samples, validation, options, progress, cancellation);
        using var tuning = LoraTuning.Attach(model, options.Lora, options.Seed, options.LoraRoles, model.HasHead(), Logger);
        var head = MakeTrainable(model);
        TrainableGroup[] groups = [new(tuning.TrainableParameters(), options.LearningRate, options.WeightDecay),
            .. HeadGroup(head, options.LearningRate, options.WeightDecay)];
        using var batches = OpenBatches(model, samples, options.Augmentation, options.Seed);
        using var bar = progress.Begin($"module {name}: LoRA", options.Training.StepsFor(samples.Count));
        Func<ValidationScore>? validate = validation.Count == 0 ? null : () => Validate(model, validation, ModuleTrainingOptions.EvaluationBatchSize, cancellation);
        int step = 0;
        Tensor Loss(int[] batch)
        {
            // Torch drops out by its one generator; seeded for each step, so that a training that goes on draws what it would have drawn.
            if (options.Lora.Dropout > 0) manual_seed(new SeededRandom(RandomStream.Dropout, options.Seed, step++).Next(int.MaxValue));
            return batches.Loss(batch);
        }
        void Resumed(int steps, int seen)
        {
            step = steps;
            batches.Skip(seen);
        }
        var outcome = Trainer.Train(groups, samples, Loss, validate, options.Training, options.Seed, Logger, bar, state, Resumed, cancellation);
        return (tuning.ToAdapter(name), outcome);
    }

    /// <summary>Lets go of what is kept between trainings.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    private protected virtual void Dispose(bool disposing)
    {
    }

    /// <summary>Makes the samples ready, all at once, before a model waits for them.</summary>
    private protected virtual void Prepare(FewShotSamples samples, IProgressReporter progress, CancellationToken cancellation)
    {
    }

    /// <summary>The class of each sample, for folds that have all of them, and the number of classes; one where there are none.</summary>
    private protected abstract (int[] Labels, int Classes) ClassesOf(IReadOnlyList<int> samples);

    /// <summary>A fresh copy of the base model, with a fresh head where the task has one.</summary>
    private protected abstract TModel LoadModel(int seed);

    /// <summary>The parameters of the task's head; empty where it has none.</summary>
    private protected abstract IReadOnlyList<Parameter> HeadOf(TModel model);

    /// <summary>The loss on batches of some samples. The caller disposes it.</summary>
    private protected abstract IBatchLoss OpenBatches(TModel model, IReadOnlyList<int> samples, ImageAugmentation augmentation, int seed);

    /// <summary>The score on some samples, without gradients and dropout.</summary>
    private protected abstract ValidationScore Validate(TModel model, IReadOnlyList<int> samples, int batchSize, CancellationToken cancellation);

    /// <summary>As <see cref="Validate"/>, and which of the samples are right.</summary>
    private protected abstract (ValidationScore Score, IReadOnlyList<bool> Correct) ValidateEach(TModel model, IReadOnlyList<int> samples, int batchSize,
        CancellationToken cancellation);

    /// <summary>Trains the head alone where the task has one, and says how it went: with the steps that follow the warm-up where nothing else trains.</summary>
    private protected abstract TrainedHead TrainHead(TModel model, StartingPoint start, string name, FewShotSamples samples, TuningOptions options,
        bool headAlone, IProgressReporter progress, CancellationToken cancellation);

    /// <summary>What starting points are worth before anything but a head has been fitted; null where nothing can be held out.</summary>
    private protected abstract IReadOnlyList<ValidationScore>? ScoreStarts(IReadOnlyList<ITuningMethod> starts, FewShotSamples samples, TuningOptions options,
        IProgressReporter progress, CancellationToken cancellation);

    /// <summary>Makes ready to tell what any number of starting points are worth on the samples to learn from. The caller owns it.</summary>
    private protected abstract IStartLoss OpenStartLoss(FewShotSamples samples, TuningOptions options, CancellationToken cancellation);

    /// <summary>Lets go of what is kept of a starting point that was made for one training.</summary>
    private protected virtual void ForgetStart(StartingPoint start)
    {
    }

    /// <summary>Lets go of the heads that trainings on the same samples share.</summary>
    private protected virtual void ForgetHeads()
    {
    }

    /// <summary>Trains the head of a module's task alone, where it has one.</summary>
    private protected abstract void WarmUpModule(TModel model, string name, IReadOnlyList<int> samples, IReadOnlyList<int> validation, ModuleTrainingOptions options,
        IProgressReporter progress, CancellationToken cancellation);

    TrainedModel<TModel> TrainOne(ITuningMethod method, FewShotSamples samples, TuningOptions options, IProgressReporter progress, CancellationToken cancellation)
    {
        int seed = samples.Support.Seed;
        var begun = Times.Read();
        var found = Search(method, samples, options, progress, cancellation);
        var settled = new SettledMethod(found, ReferenceEquals(found.Method, method) ? null : ForgetStart);
        method = found.Method;
        TModel? model = null;
        ITuning? tuning = null;
        try
        {
            // The paper's protocol knows one starting point.
            if (options.Head is not null && method.Starts(Modules.Count) is { Count: > 1 } starts)
            {
                using var choosing = Times.Enter(RunPhase.WarmUp);
                method = ChooseStart(starts, samples, options, progress, cancellation);
            }
            IReadOnlyList<Parameter> head;
            using (Times.Enter(RunPhase.Load))
            {
                model = LoadModel(seed);
                tuning = method.Begin(model, Modules, options, seed);
                head = MakeTrainable(model);
            }
            TrainedHead trainedHead;
            using (head.Count > 0 ? Times.Enter(RunPhase.WarmUp) : null)
                trainedHead = TrainHead(model, method.Start, method.Name, samples, options, headAlone: tuning.Trained.Count == 0, progress, cancellation);
            var outcome = trainedHead.Outcome;
            if (tuning.Trained is { Count: > 0 } trained)
            {
                using var training = Times.Enter(RunPhase.Training);
                // A fitted head keeps its penalty, which is part of the loss; other ones decay.
                TrainableGroup[] groups = [.. trained, .. HeadGroup(head, options.HeadLearningRate, trainedHead.Fitted is null ? options.WeightDecay : 0)];
                outcome = TrainTogether(model, groups, method, tuning, trainedHead, head, samples, options, progress, cancellation);
            }
            var result = new TrainedModel<TModel>(method, model, tuning, options, outcome, head.Sum(p => p.numel()), Times.Read().Since(begun))
            {
                Head = trainedHead.Fitted,
                Settled = settled,
            };
            return TrainingRemarks.Log(Logger, result);
        }
        catch
        {
            tuning?.Dispose();
            model?.Dispose();
            settled.Dispose();
            throw;
        }
    }

    TrainingOutcome TrainTogether(TModel model, IReadOnlyList<TrainableGroup> groups, ITuningMethod method, ITuning tuning, TrainedHead trainedHead,
        IReadOnlyList<Parameter> head, FewShotSamples samples, TuningOptions options, IProgressReporter progress, CancellationToken cancellation)
    {
        using var batches = OpenBatches(model, samples.Support.Indices, options.Augmentation, samples.Support.Seed);
        // Steps run beside garbage collections of other threads, so the numbers that torch reads are held.
        using Scalar one = 1, images = (double)samples.Support.Indices.Count, decay = trainedHead.Decay / (2 * samples.Support.Indices.Count);
        Tensor Loss(int[] batch)
        {
            var loss = batches.Loss(batch);
            // Penalties are defined beside the summed loss of all samples.
            if (trainedHead.Decay > 0) loss = loss.add(head[0].to(ScalarType.Float32).square().sum(), decay);
            return tuning.Penalty() is { } penalty ? loss.add(penalty.div(images), one) : loss;
        }
        ValidationScore Score()
        {
            using var scoring = Times.Enter(RunPhase.Validation);
            using var fixedWeights = tuning.FixForEvaluation();
            return Validate(model, samples.Validation, options.EvaluationBatchSize, cancellation);
        }
        using var bar = progress.Begin($"{method.Name}: training", options.Training.StepsFor(samples.Support.Indices.Count));
        return Trainer.Train(groups, samples.Support.Indices, Loss, samples.Validation.Count > 0 ? Score : null, options.Training, samples.Support.Seed,
            Logger, bar, cancellation);
    }

    // What is attached freezes everything, the head too.
    IReadOnlyList<Parameter> MakeTrainable(TModel model)
    {
        var head = HeadOf(model);
        foreach (var parameter in head) parameter.requires_grad = true;
        ((nn.Module)(object)model).train();
        return head;
    }

    static IEnumerable<TrainableGroup> HeadGroup(IReadOnlyList<Parameter> head, double learningRate, double weightDecay) =>
        head.Count == 0 ? [] : [new TrainableGroup(head, learningRate, weightDecay)];
}

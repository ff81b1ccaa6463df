using LoraComposition.FewShot;
using LoraComposition.Models;

namespace LoraComposition.Experiments;

/// <summary>Runs methods on one downstream task: what images and texts have in common.</summary>
/// <typeparam name="TModel">The kind of base model.</typeparam>
/// <typeparam name="TSamples">The prepared samples.</typeparam>
/// <remarks>Owns its trainer with what that keeps between runs. Not thread-safe.</remarks>
public abstract class FewShotRunner<TModel, TSamples> : IFewShotRunner where TModel : class, IBaseModel where TSamples : class
{
    readonly FewShotTask<TSamples> task;
    readonly string baseModel;
    readonly IReadOnlyDictionary<string, string> moduleKeys;
    readonly FewShotTrainer<TModel> trainer;

    // What trains nothing answers alike for every K and seed, so it is scored once.
    readonly Dictionary<(string Method, ScoredPart Part), FewShotOutcome> untrained = [];

    private protected FewShotRunner(FewShotTask<TSamples> task, string baseModel, IReadOnlyDictionary<string, string> moduleKeys, FewShotTrainer<TModel> trainer)
    {
        ArgumentNullException.ThrowIfNull(moduleKeys);
        (this.task, this.baseModel, this.moduleKeys, this.trainer) = (task, baseModel, moduleKeys, trainer);
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Inputs => task.Inputs(baseModel);

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, object?> Configure(ITuningMethod method, TuningOptions options)
    {
        ArgumentNullException.ThrowIfNull(method);
        return new Dictionary<string, object?>(Configuration()) { ["modules"] = method.NeedsModules ? moduleKeys : null };
    }

    /// <inheritdoc/>
    public abstract FewShotSplit Sample(int? shots, int seed);

    /// <inheritdoc/>
    public string? DescribeShortage(FewShotSplit support)
    {
        ArgumentNullException.ThrowIfNull(support);
        return support.ShortClasses.Count == 0 ? null : Shortage(support);
    }

    /// <inheritdoc/>
    public FewShotOutcome Execute(ITuningMethod method, TuningOptions options, FewShotSplit support, ScoredPart part, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(support);
        options.Validate();
        var (samples, indices) = task.Scored(part);
        if (untrained.TryGetValue((method.Name, part), out var known)) return known;
        var begun = trainer.Times.Read();
        var memory = PeakMemory.Begin();
        using var trained = trainer.Train(method, new FewShotSamples(support, task.Validation), options, cancellation: cancellation);
        Prepare(samples, indices, cancellation);
        PartScore score;
        using (trainer.Times.Enter(part == ScoredPart.Test ? RunPhase.Test : RunPhase.Validation)) score = Score(trained, samples, indices, cancellation);
        var outcome = new FewShotOutcome
        {
            Accuracy = score.Accuracy,
            TestCount = indices.Count,
            Correct = score.Correct,
            Scores = score.Scores,
            Training = trained.Outcome,
            TrainableParameters = trained.TrainableParameters,
            HeadParameters = trained.HeadParameters,
            Timings = trainer.Times.Read().Since(begun).ToSeconds(),
            PeakMemoryMiB = memory.Read(),
            Findings = trained.Findings,
            Chosen = trained.Candidates.Count > 0 ? trained.Method.Name : null,
            Candidates = trained.Candidates,
            Remarks = [.. trained.Remarks, .. method.NeedsModules ? trainer.Modules.Select(module => module.ZeroWarning).OfType<string>() : []],
            Predictions = score.Predictions,
        };
        // What a method chose or searched for depends on the samples.
        if (trained is { TrainableParameters: 0, HeadParameters: 0 } && ReferenceEquals(trained.Method, method)) untrained[(method.Name, part)] = outcome;
        return outcome;
    }

    /// <summary>Lets go of what training kept.</summary>
    public void Dispose()
    {
        trainer.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>What decides the results besides method, settings and modules: task, data, base model. The order is that of the result files.</summary>
    private protected abstract Dictionary<string, object?> Configuration();

    private protected abstract string Shortage(FewShotSplit support);

    /// <summary>Makes the samples of a part ready before they are scored.</summary>
    private protected virtual void Prepare(TSamples samples, IReadOnlyList<int> indices, CancellationToken cancellation)
    {
    }

    private protected abstract PartScore Score(TrainedModel<TModel> trained, TSamples samples, IReadOnlyList<int> indices, CancellationToken cancellation);
}

/// <summary>What a trained method reached on a part.</summary>
/// <param name="Accuracy">The score that tables show.</param>
/// <param name="Correct">For each sample whether it was right.</param>
/// <param name="Scores">Other numbers, by camelCase names.</param>
/// <param name="Predictions">What the model wrote; null where it writes no text.</param>
sealed record PartScore(double Accuracy, IReadOnlyList<bool> Correct, IReadOnlyDictionary<string, double> Scores, IReadOnlyList<ScoredPrediction>? Predictions);

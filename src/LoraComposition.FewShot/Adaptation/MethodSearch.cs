using LoraComposition.Models;
using Microsoft.Extensions.Logging;

namespace LoraComposition.FewShot;

/// <summary>
/// Tries methods on the samples of one adaptation and trains the best: by the samples held out, or where there are none by those learned from, which take turns.
/// </summary>
/// <typeparam name="TModel">The kind of base model.</typeparam>
/// <param name="trainer">Trains on the samples, with the modules. Not owned.</param>
/// <param name="load">Loads a plain copy of the base, to look at the modules on it.</param>
/// <param name="options">The methods and their settings.</param>
/// <param name="notes">Is told what is doubtful.</param>
/// <param name="logger">Is told how each method did.</param>
sealed class MethodSearch<TModel>(FewShotTrainer<TModel> trainer, Func<TModel> load, AdaptationOptions options, AdaptationNotes notes, ILogger logger)
    where TModel : class, IBaseModel
{
    const double SameLoss = 1e-6;   // the losses of one model computed in two ways

    /// <summary>Tries every method that the budget allows. The caller owns the model.</summary>
    public (TrainedModel<TModel> Best, IReadOnlyList<MethodAttempt> Attempts) Run(FewShotSamples samples, IProgressReporter progress,
        CancellationToken cancellation)
    {
        if (samples.Validation.Count > 0) return OnValidation(samples, progress, cancellation);
        if (trainer.Folds(samples.Support, options.Tuning) is { } folds) return ByFolds(samples, folds, progress, cancellation);
        notes.Add($"a class has only one sample, so nothing can be held out of it: '{options.Methods[0].Name}' is taken, with fixed settings.");
        var only = Train(options.Methods[0], samples, progress, cancellation);
        return (only, [new MethodAttempt(Result(only, null), [])]);
    }

    (TrainedModel<TModel>, IReadOnlyList<MethodAttempt>) OnValidation(FewShotSamples samples, IProgressReporter progress, CancellationToken cancellation)
    {
        var attempts = new List<MethodAttempt>();
        TrainedModel<TModel>? best = null;
        ValidationScore bestScore = default;
        try
        {
            foreach (var method in WithinBudget(cancellation))
            {
                var trained = Train(method, samples, progress, cancellation);
                var loser = trained;
                try
                {
                    var (score, correct) = trainer.Judge(trained, samples.Validation, cancellation);
                    if (best is null || IsBetter((score, trained.TrainableParameters), (bestScore, best.TrainableParameters), options.Tuning.Training.Criterion))
                        (loser, best, bestScore) = (best, trained, score);
                    Add(attempts, method, new MethodAttempt(Result(trained, score), correct));
                }
                finally
                {
                    loser?.Dispose();
                }
            }
            return (best!, attempts);
        }
        catch
        {
            best?.Dispose();
            throw;
        }
    }

    (TrainedModel<TModel>, IReadOnlyList<MethodAttempt>) ByFolds(FewShotSamples samples, SupportFolds folds, IProgressReporter progress,
        CancellationToken cancellation)
    {
        var attempts = new List<MethodAttempt>();
        CrossValidatedScore? best = null;
        foreach (var method in WithinBudget(cancellation))
        {
            CrossValidatedScore? found = null;
            foreach (var candidate in method.Candidates(trainer.Modules.Count, options.Tuning))
            {
                var scored = Guarded(method, () => trainer.CrossValidate(candidate, folds, options.Tuning, progress, cancellation));
                if (found is null || scored.Score.IsBetterThan(found.Score, options.Tuning.Training.Criterion)) found = scored;
            }
            Add(attempts, method, new MethodAttempt(Result(found!), found!.Correct));
            if (best is null || IsBetter((found.Score, found.TrainableParameters), (best.Score, best.TrainableParameters), options.Tuning.Training.Criterion)) best = found;
        }
        var trained = Train(best!.Method, samples, progress, cancellation);
        int place = attempts.FindIndex(attempt => attempt.Result.Method == trained.Method.Name);
        attempts[place] = attempts[place] with { Result = attempts[place].Result with { Remarks = trained.Remarks } };
        return (trained, attempts);
    }

    IEnumerable<ITuningMethod> WithinBudget(CancellationToken cancellation)
    {
        var budget = new SearchBudget(options.Tuning.Budget);
        for (int i = 0; i < options.Methods.Count; i++)
        {
            if (!budget.Begin())
            {
                if (budget.Remark(options.Methods.Count - i) is { } remark) notes.Add(remark);
                yield break;
            }
            cancellation.ThrowIfCancellationRequested();
            yield return options.Methods[i];
        }
    }

    void Add(List<MethodAttempt> attempts, ITuningMethod method, MethodAttempt attempt)
    {
        attempts.Add(attempt);
        logger.MethodTried(method.Name, attempt.Result.ValidationAccuracy ?? double.NaN, attempt.Result.ValidationLoss ?? double.NaN, attempt.Correct.Count);
    }

    TrainedModel<TModel> Train(ITuningMethod method, FewShotSamples samples, IProgressReporter progress, CancellationToken cancellation) =>
        Guarded(method, () => trainer.Train(method, samples, options.Tuning, progress, cancellation));

    T Guarded<T>(ITuningMethod method, Func<T> train)
    {
        try
        {
            return train();
        }
        catch (TrainingDivergedException e) when (method.NeedsModules && Outsized() is [var adapter, ..])
        {
            throw new NonFiniteException($"Adapter '{adapter}' changes the base out of all proportion, so that training with it gives no numbers; its own training diverged, or its lora_alpha is wrong.", e);
        }
    }

    IReadOnlyList<string> Outsized()
    {
        using var model = load();
        return AdapterCompatibility.Check(model, trainer.Modules).Outsized;
    }

    // Where training did not improve on its start, a LoRA is the classifier and a learned composition the uniform one: the simpler is then kept.
    static bool IsBetter((ValidationScore Score, long Trained) one, (ValidationScore Score, long Trained) other, StoppingCriterion criterion)
    {
        bool same = one.Score.Accuracy == other.Score.Accuracy && Math.Abs(one.Score.Loss - other.Score.Loss) <= SameLoss;
        return same ? one.Trained < other.Trained : one.Score.IsBetterThan(other.Score, criterion);
    }

    static MethodResult Result(TrainedModel<TModel> trained, ValidationScore? score) => new()
    {
        Method = trained.Method.Name,
        ValidationAccuracy = score?.Accuracy,
        ValidationLoss = score?.Loss,
        TrainableParameters = trained.TrainableParameters,
        HeadParameters = trained.HeadParameters,
        Steps = trained.Outcome.Steps,
        BestStep = trained.Outcome.BestStep,
        StoppedEarly = trained.Outcome.StoppedEarly,
        Start = trained.Findings?.Start,
        Remarks = trained.Remarks,
        Timings = trained.Timings,
    };

    static MethodResult Result(CrossValidatedScore found) => new()
    {
        Method = found.Method.Name,
        ValidationAccuracy = found.Score.Accuracy,
        ValidationLoss = found.Score.Loss,
        TrainableParameters = found.TrainableParameters,
        HeadParameters = found.HeadParameters,
        Steps = found.Steps,
        BestStep = found.Steps,
        StoppedEarly = false,
        Timings = found.Times.ToSeconds(),
    };
}

/// <summary>What a method reached, and which of the held-out samples it got right.</summary>
sealed record MethodAttempt(MethodResult Result, IReadOnlyList<bool> Correct);

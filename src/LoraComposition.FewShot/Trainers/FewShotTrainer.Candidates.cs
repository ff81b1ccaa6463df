namespace LoraComposition.FewShot;

// Which of a method's candidates and starts does best on what is held out.
public abstract partial class FewShotTrainer<TModel>
{
    TrainedModel<TModel> ChooseOnValidation(IReadOnlyList<ITuningMethod> candidates, FewShotSamples samples, TuningOptions options, IProgressReporter progress,
        CancellationToken cancellation)
    {
        var begun = Times.Read();
        var budget = new SearchBudget(options.Budget);
        var scores = new List<CandidateScore>();
        TrainedModel<TModel>? best = null;
        ValidationScore bestScore = default;
        try
        {
            foreach (var candidate in candidates)
            {
                if (!budget.Begin()) break;
                var trained = TrainOne(candidate, samples, options, progress, cancellation);
                scores.Add(new CandidateScore(candidate.Name, trained.Findings, HeldOutScore(trained, samples, cancellation)));
                bool better = best is null || scores[^1].Validation.IsBetterThan(bestScore, options.Training.Criterion);
                (better ? best : trained)?.Dispose();
                if (better) (best, bestScore) = (trained, scores[^1].Validation);
            }
            return best!.ChosenFrom(scores, Times.Read().Since(begun), budget.Remark(candidates.Count - scores.Count));
        }
        catch
        {
            best?.Dispose();
            throw;
        }
    }

    /// <summary>Without held-out samples parts of the support set take turns; the chosen candidate is then trained on all of it.</summary>
    TrainedModel<TModel> ChooseByFolds(ITuningMethod method, IReadOnlyList<ITuningMethod> candidates, FewShotSamples samples, TuningOptions options,
        IProgressReporter progress, CancellationToken cancellation)
    {
        if (Folds(samples.Support, options) is not { } folds)
            return TrainOne(candidates[0], samples, options, progress, cancellation).ChosenFrom([], null,
                $"Method '{method.Name}' had nothing to choose by, as a class has only one sample: '{candidates[0].Name}' was taken, with fixed settings.");
        var begun = Times.Read();
        var budget = new SearchBudget(options.Budget);
        var scores = new List<CandidateScore>();
        foreach (var candidate in candidates)
        {
            if (!budget.Begin()) break;
            scores.Add(new CandidateScore(candidate.Name, null, CrossValidate(candidate, folds, options, progress, cancellation).Score));
        }
        int best = Best([.. scores.Select(score => score.Validation)], options.Training.Criterion);
        return TrainOne(candidates[best], samples, options, progress, cancellation)
            .ChosenFrom(scores, Times.Read().Since(begun), budget.Remark(candidates.Count - scores.Count));
    }

    /// <summary>The parts of a support set that take turns as the held-out one; null where a class has only one sample.</summary>
    internal SupportFolds? Folds(FewShotSplit support, TuningOptions options)
    {
        var (labels, classes) = ClassesOf(support.Indices);
        int[][] folds = StratifiedFolds.Of(labels, classes, options.Folds, support.Seed);
        return folds.Length < 2 ? null : SupportFolds.Of(support, folds);
    }

    /// <summary>Trains one candidate on all parts of a support set but one, in turns, and scores it on that one.</summary>
    internal CrossValidatedScore CrossValidate(ITuningMethod candidate, SupportFolds folds, TuningOptions options, IProgressReporter progress,
        CancellationToken cancellation)
    {
        var begun = Times.Read();
        var correct = new Dictionary<int, bool>();
        double right = 0, loss = 0;
        (long Trainable, long Head, int Steps) last = default;
        foreach (var (others, held) in folds.Parts)
        {
            using var trained = TrainOne(candidate, others, options, progress, cancellation);
            using var scoring = Times.Enter(RunPhase.Validation);
            using var fixedWeights = trained.Tuning.FixForEvaluation();
            var (score, each) = ValidateEach(trained.Model, held, options.EvaluationBatchSize, cancellation);
            right += score.Accuracy * held.Count;
            loss += score.Loss * held.Count;
            foreach (var (position, isRight) in held.Zip(each)) correct[position] = isRight;
            last = (trained.TrainableParameters, trained.HeadParameters, trained.Outcome.Steps);
        }
        int count = folds.Support.Indices.Count;
        return new CrossValidatedScore(candidate, new ValidationScore(right / count, loss / count),
            correct.Count == count ? [.. folds.Support.Indices.Select(position => correct[position])] : [], last.Trainable, last.Head, last.Steps, Times.Read().Since(begun));
    }

    /// <summary>How a trained model does on the validation part, and which of its samples are right. The score that stopped the training stands where there is one.</summary>
    internal virtual (ValidationScore Score, IReadOnlyList<bool> Correct) Judge(TrainedModel<TModel> trained, IReadOnlyList<int> validation, CancellationToken cancellation)
    {
        using var scoring = Times.Enter(RunPhase.Validation);
        using var fixedWeights = trained.Tuning.FixForEvaluation();
        var (score, correct) = ValidateEach(trained.Model, validation, trained.Options.EvaluationBatchSize, cancellation);
        return (trained.Outcome.Validation ?? score, correct);
    }

    ITuningMethod ChooseStart(IReadOnlyList<ITuningMethod> starts, FewShotSamples samples, TuningOptions options, IProgressReporter progress,
        CancellationToken cancellation)
    {
        if (ScoreStarts(starts, samples, options, progress, cancellation) is not { } scores) return starts[0];
        return starts[Best(scores, options.Training.Criterion)];
    }

    // Where nothing trains and there is no head, nothing was scored along the way.
    ValidationScore HeldOutScore(TrainedModel<TModel> trained, FewShotSamples samples, CancellationToken cancellation)
    {
        if (trained.Outcome.Validation is { } known) return known;
        using var scoring = Times.Enter(RunPhase.Validation);
        return Validate(trained.Model, samples.Validation, trained.Options.EvaluationBatchSize, cancellation);
    }

    // Of equals the first.
    static int Best(IReadOnlyList<ValidationScore> scores, StoppingCriterion criterion)
    {
        int best = 0;
        for (int i = 1; i < scores.Count; i++)
            if (scores[i].IsBetterThan(scores[best], criterion)) best = i;
        return best;
    }
}

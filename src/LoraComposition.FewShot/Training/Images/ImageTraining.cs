using System.Diagnostics;
using LoraComposition.Models;
using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>Trains one method on one support set, the head's warm-up on features first, and scores what came out.</summary>
internal sealed class ImageTraining(ImageBaseModel baseModel, ImageTask task, IReadOnlyList<LoraAdapter> modules, TuningOptions options, FrozenModels backbones, ILogger logger)
{
    /// <summary>Trains a fresh copy of the base model; where the method has several candidates one for each, and keeps the best. The caller owns the result.</summary>
    public TrainedModel Train(ITuningMethod method, FewShotSplit support, IProgressReporter progress, CancellationToken cancellation)
    {
        var candidates = method.Candidates(modules.Count);
        if (candidates is [var only]) return TrainOne(only, support, progress, cancellation);
        if (task.Validation.Count == 0) throw new ArgumentException($"Method '{method.Name}' chooses on the validation part, and task '{task.Name}' has none.", nameof(method));
        var clock = Stopwatch.StartNew();
        var scores = new List<CandidateScore>();
        TrainedModel? best = null;
        try
        {
            foreach (var candidate in candidates)
            {
                var trained = TrainOne(candidate, support, progress, cancellation);
                scores.Add(new CandidateScore(trained.Tuning.Describe(), trained.Outcome.Validation!.Value));
                bool better = best is null || scores[^1].Validation.IsBetterThan(best.Outcome.Validation!.Value);
                (better ? best : trained)?.Dispose();
                if (better) best = trained;
            }
            return best!.ChosenFrom(scores, Math.Round(clock.Elapsed.TotalSeconds, 3));
        }
        catch
        {
            best?.Dispose();
            throw;
        }
    }

    TrainedModel TrainOne(ITuningMethod method, FewShotSplit support, IProgressReporter progress, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var timings = new Dictionary<string, double>();
        void Lap(string name)
        {
            timings[name] = Math.Round(clock.Elapsed.TotalSeconds, 3);
            clock.Restart();
        }

        var model = baseModel.Load(task.ClassNames, headSeed: support.Seed);
        ITuning? tuning = null;
        try
        {
            tuning = method.Begin(model, modules, options, support.Seed);
            foreach (var parameter in model.Classifier!.parameters()) parameter.requires_grad = true;
            model.train();
            Lap("load");

            var outcome = TrainHead(model, method, support, withTraining: tuning.Body is null, progress, cancellation);
            Lap("warm-up");
            if (tuning.Body is { } body) outcome = TrainBody(model, method, body, support, tuning, progress, cancellation);
            Lap("training");
            return new TrainedModel(method, model, tuning, outcome, timings);
        }
        catch
        {
            tuning?.Dispose();
            model.Dispose();
            throw;
        }
    }

    /// <summary>Accuracy and loss on some images.</summary>
    public ValidationScore Score(TrainedModel trained, PreprocessedImages images, IReadOnlyList<int> indices, CancellationToken cancellation)
    {
        if (trained.Tuning.Body is null)
        {
            var bank = backbones.Bank(trained.Method.Start, images);
            using var features = bank.Features(indices, cancellation);
            using var labels = bank.Labels(indices);
            return Evaluator.OnFeatures(trained.Model, features, labels);
        }
        using var fixedWeights = trained.Tuning.FixForEvaluation();
        return Evaluator.OnImages(trained.Model, images, indices, options.EvaluationBatchSize, cancellation: cancellation);
    }

    /// <summary>The class that the model gives each of some images.</summary>
    public int[] Predict(TrainedModel trained, PreprocessedImages images, IReadOnlyList<int> indices, CancellationToken cancellation)
    {
        if (trained.Tuning.Body is null)
        {
            using var features = backbones.Bank(trained.Method.Start, images).Features(indices, cancellation);
            return Evaluator.PredictFromFeatures(trained.Model, features);
        }
        using var fixedWeights = trained.Tuning.FixForEvaluation();
        return Evaluator.Predict(trained.Model, images, indices, options.EvaluationBatchSize, cancellation);
    }

    TrainableGroup Head(VisionTransformer model, double learningRate) => new([.. model.Classifier!.parameters()], learningRate, options.WeightDecay);

    // The body is frozen here, so its features are computed once and the head trains on them.
    TrainingOutcome TrainHead(VisionTransformer model, ITuningMethod method, FewShotSplit support, bool withTraining, IProgressReporter progress, CancellationToken cancellation)
    {
        var bank = backbones.Bank(method.Start, task.Train);
        using var bar = progress.Begin($"{method.Name}: features", support.Indices.Count + task.Validation.Count);
        using var features = bank.Features(support.Indices, bar, cancellation);
        using var labels = bank.Labels(support.Indices);
        using var heldOut = task.Validation.Count > 0 ? bank.Features(task.Validation, bar, cancellation) : null;
        using var heldOutLabels = task.Validation.Count > 0 ? bank.Labels(task.Validation) : null;
        Func<ValidationScore>? validate = heldOut is null ? null : () => Evaluator.OnFeatures(model, heldOut, heldOutLabels!);
        var outcome = new TrainingOutcome(0, 0, null, false);
        var warmUp = options.Training with { Steps = null, Epochs = options.WarmUpEpochs, Checks = 10, Patience = 10 };
        if (options.WarmUpEpochs > 0) outcome = HeadTraining.Run(model, Head(model, options.HeadWarmUpLearningRate), features, labels, validate, warmUp, support.Seed, logger, cancellation);
        if (withTraining) outcome = HeadTraining.Run(model, Head(model, options.HeadLearningRate), features, labels, validate, options.Training, support.Seed, logger, cancellation);
        return outcome;
    }

    TrainingOutcome TrainBody(VisionTransformer model, ITuningMethod method, TrainableGroup body, FewShotSplit support, ITuning tuning, IProgressReporter progress, CancellationToken cancellation)
    {
        var (type, device) = Evaluator.Place(model);
        using var batches = new ImageBatches(task.Train, support.Indices, device, type);
        Tensor Loss(int[] batch)
        {
            var (pixels, labels) = batches.Take(batch);
            return nn.functional.cross_entropy(model.call(pixels), labels);
        }
        ValidationScore Validate()
        {
            using var fixedWeights = tuning.FixForEvaluation();
            return Evaluator.OnImages(model, task.Train, task.Validation, options.EvaluationBatchSize, cancellation: cancellation);
        }
        using var bar = progress.Begin($"{method.Name}: training", options.Training.StepsFor(support.Indices.Count));
        return Trainer.Train([body, Head(model, options.HeadLearningRate)], support.Indices, Loss, task.Validation.Count > 0 ? Validate : null, options.Training, support.Seed, logger, bar, cancellation);
    }
}

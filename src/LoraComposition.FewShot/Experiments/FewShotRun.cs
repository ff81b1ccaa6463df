using System.Diagnostics;
using LoraComposition.Adapters;
using LoraComposition.FewShot.Data.Sampling;
using LoraComposition.FewShot.Foundations;
using LoraComposition.FewShot.Methods;
using LoraComposition.FewShot.Training;
using LoraComposition.Models.Vit;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Experiments;

/// <summary>One method on one support set: the head's warm-up on features, the training, the test.</summary>
internal sealed class FewShotRun(Foundation foundation, FewShotTask task, IReadOnlyList<LoraAdapter> modules, TuningOptions options, FrozenBackbones backbones)
{
    public FewShotOutcome Execute(ITuningMethod method, FewShotSplit support, CancellationToken cancellation)
    {
        var test = task.Test ?? throw new ArgumentException($"Task '{task.Name}' has no test images.");
        var clock = Stopwatch.StartNew();
        var timings = new Dictionary<string, double>();
        void Lap(string name)
        {
            timings[name] = Math.Round(clock.Elapsed.TotalSeconds, 3);
            clock.Restart();
        }

        using var model = foundation.Load(task.ClassNames, headSeed: support.Seed);
        using var tuning = method.Begin(model, modules, options, support.Seed);
        foreach (var parameter in model.Classifier!.parameters()) parameter.requires_grad = true;
        model.train();
        Lap("load");

        var outcome = TrainHead(model, method.Start, support, withTraining: tuning.Body is null, cancellation);
        Lap("warm-up");
        if (tuning.Body is { } body) outcome = TrainBody(model, body, support, tuning, cancellation);
        Lap("training");

        int[] all = [.. Enumerable.Range(0, test.Dataset.Count)];
        ValidationScore score;
        if (tuning.Body is null)
        {
            var bank = backbones.Bank(method.Start, test);
            using var features = bank.Features(all, cancellation);
            using var labels = bank.Labels(all);
            score = Evaluator.OnFeatures(model, features, labels);
        }
        else
        {
            using var fixedWeights = tuning.FixForEvaluation();
            score = Evaluator.OnImages(model, test, all, options.EvaluationBatchSize, cancellation);
        }
        Lap("test");
        return new FewShotOutcome(score, outcome, tuning.Body?.Parameters.Sum(p => p.numel()) ?? 0, model.Classifier!.parameters().Sum(p => p.numel()), tuning.Describe(), timings);
    }

    TrainableGroup Head(VisionTransformer model, double learningRate) => new([.. model.Classifier!.parameters()], learningRate, options.WeightDecay);

    // The body is frozen here, so its features are computed once and the head trains on them.
    TrainingOutcome TrainHead(VisionTransformer model, BackboneStart start, FewShotSplit support, bool withTraining, CancellationToken cancellation)
    {
        var bank = backbones.Bank(start, task.Train);
        using var features = bank.Features(support.Indices, cancellation);
        using var labels = bank.Labels(support.Indices);
        using var heldOut = task.Validation.Count > 0 ? bank.Features(task.Validation, cancellation) : null;
        using var heldOutLabels = task.Validation.Count > 0 ? bank.Labels(task.Validation) : null;
        Func<ValidationScore>? validate = heldOut is null ? null : () => Evaluator.OnFeatures(model, heldOut, heldOutLabels!);
        var outcome = new TrainingOutcome(0, 0, null, false);
        var warmUp = options.Training with { Steps = null, Epochs = options.WarmUpEpochs, Checks = 10, Patience = 10 };
        if (options.WarmUpEpochs > 0) outcome = HeadTraining.Run(model, Head(model, options.HeadWarmUpLearningRate), features, labels, validate, warmUp, support.Seed, cancellation);
        if (withTraining) outcome = HeadTraining.Run(model, Head(model, options.HeadLearningRate), features, labels, validate, options.Training, support.Seed, cancellation);
        return outcome;
    }

    TrainingOutcome TrainBody(VisionTransformer model, TrainableGroup body, FewShotSplit support, ITuning tuning, CancellationToken cancellation)
    {
        var (type, device) = Evaluator.Place(model);
        Tensor Loss(int[] batch) => nn.functional.cross_entropy(model.call(task.Train.Batch(batch, device, type)), task.Train.Labels(batch, device));
        ValidationScore Validate()
        {
            using var fixedWeights = tuning.FixForEvaluation();
            return Evaluator.OnImages(model, task.Train, task.Validation, options.EvaluationBatchSize, cancellation);
        }
        return Trainer.Train([body, Head(model, options.HeadLearningRate)], support.Indices, Loss, task.Validation.Count > 0 ? Validate : null, options.Training, support.Seed, cancellation: cancellation);
    }
}

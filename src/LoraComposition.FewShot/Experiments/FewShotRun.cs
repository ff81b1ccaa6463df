using System.Diagnostics;
using LoraComposition.Adapters;
using LoraComposition.FewShot.Data.Sampling;
using LoraComposition.FewShot.Foundations;
using LoraComposition.FewShot.Methods;
using LoraComposition.FewShot.Progress;

namespace LoraComposition.FewShot.Experiments;

/// <summary>One method on one support set: trained, then tested on the whole test set.</summary>
internal sealed class FewShotRun(Foundation foundation, FewShotTask task, IReadOnlyList<LoraAdapter> modules, TuningOptions options, FrozenBackbones backbones)
{
    readonly FewShotTraining training = new(foundation, task, modules, options, backbones);

    public FewShotOutcome Execute(ITuningMethod method, FewShotSplit support, CancellationToken cancellation)
    {
        var test = task.Test ?? throw new ArgumentException($"Task '{task.Name}' has no test images.");
        using var trained = training.Train(method, support, NullProgressReporter.Instance, cancellation);
        var clock = Stopwatch.StartNew();
        var score = training.Score(trained, test, [.. Enumerable.Range(0, test.Dataset.Count)], cancellation);
        var timings = new Dictionary<string, double>(trained.Timings) { ["test"] = Math.Round(clock.Elapsed.TotalSeconds, 3) };
        return new FewShotOutcome(score, trained.Outcome, trained.TrainableParameters, trained.HeadParameters, trained.Tuning.Describe(), timings);
    }
}

using System.Text.Json;

namespace LoraComposition.Experiments.Tests.Results;

/// <summary>Makes the results of runs that never were.</summary>
static class ResultOf
{
    public static RunResult Run(string method, int? shots, int seed, double accuracy, long parameters = 108, string experiment = "demo") => new()
    {
        Key = new RunKey(experiment, method, shots, seed),
        ConfigurationHash = "abc",
        Configuration = JsonSerializer.SerializeToElement(new { epochs = 50, rate = 0.1 }),
        Versions = new Dictionary<string, string> { ["TorchSharp"] = "0.107.0" },
        Inputs = new Dictionary<string, string> { ["base.safetensors"] = "00ff" },
        SampleIndices = [5, 3, 70000],
        EffectiveShots = [2, 1],
        Accuracy = accuracy,
        ValidationAccuracy = 0.5,
        TestCount = 1000,
        TrainableParameters = parameters,
        HeadParameters = 19225,
        BestEpoch = 7,
        Timings = new Dictionary<string, double> { ["train"] = 1.25 },
        PeakMemoryMiB = 96.5,
        Details = JsonSerializer.SerializeToElement(new { warnings = new[] { "class 3 holds 1 sample" } }),
        StartedUtc = new DateTimeOffset(2024, 2, 29, 12, 30, 0, TimeSpan.Zero),
    };

    /// <summary>One run per accuracy, with the seeds 0, 1, …</summary>
    public static IEnumerable<RunResult> Runs(string method, int? shots, long parameters, params double[] accuracies) =>
        accuracies.Select((accuracy, seed) => Run(method, shots, seed, accuracy, parameters));
}

namespace LoraComposition.Experiments;

/// <summary>The runs of several downstream tasks as those of one task whose test samples are all of theirs, so that they are summarised and compared as one.</summary>
public static class PooledRuns
{
    /// <summary>Puts the runs of one method, K and seed together. Where a task lacks one, that run is left out.</summary>
    /// <param name="name">The name of the whole.</param>
    /// <param name="tasks">The results of each task.</param>
    /// <param name="methods">The methods in the order to show them in.</param>
    /// <returns>A run for each method, K and seed: its accuracy is that on all test samples, its settings are the first task's.</returns>
    /// <exception cref="ArgumentException">There is no task.</exception>
    public static ExperimentResults Of(string name, IReadOnlyList<ExperimentResults> tasks, IReadOnlyList<string> methods)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(tasks);
        ArgumentNullException.ThrowIfNull(methods);
        if (tasks.Count == 0) throw new ArgumentException("There is no task to put together.", nameof(tasks));
        RunResult[] runs = [.. tasks.SelectMany(task => task.Runs).GroupBy(run => (run.Key.Method, run.Key.Shots, run.Key.Seed)).Where(group => group.Count() == tasks.Count)
            .Select(group => Pool(name, [.. group]))];
        return new ExperimentResults(tasks[0].Folder, runs, Summary.Of(runs, methods));
    }

    static RunResult Pool(string name, RunResult[] runs)
    {
        int count = runs.Sum(run => run.TestCount);
        var correct = runs.Select(CorrectSamples.Of).ToArray();
        return runs[0] with
        {
            Key = new RunKey(name, runs[0].Key.Method, runs[0].Key.Shots, runs[0].Key.Seed),
            Accuracy = runs.Sum(run => run.Accuracy * run.TestCount) / count,
            ValidationAccuracy = null,
            ValidationLoss = null,
            TestCount = count,
            Correct = correct.All(samples => samples is not null) ? CorrectSamples.Encode([.. correct.SelectMany(samples => samples!)]) : null,
            Scores = new Dictionary<string, double>(),
            TrainableParameters = runs.Max(run => run.TrainableParameters),
            Timings = runs.SelectMany(run => run.Timings).GroupBy(part => part.Key).ToDictionary(part => part.Key, part => part.Sum(p => p.Value)),
            PeakMemoryMiB = RunResult.PeakOf(runs),
            Weights = null,
        };
    }
}

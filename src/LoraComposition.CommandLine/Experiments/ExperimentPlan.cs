using LoraComposition.Experiments;
using LoraComposition.FewShot;

namespace LoraComposition.CommandLine;

/// <summary>Says what an experiment will do and how long the finished runs make it seem.</summary>
static class ExperimentPlan
{
    /// <summary>Prints how many runs each method has and how many are done. The time of the others is the mean of those.</summary>
    public static void Write(string title, FewShotExperiment experiment, IReadOnlyList<FewShotWork> work, WorkShard shard)
    {
        var mine = shard.Of(work);
        var seconds = work.ToDictionary(item => item, item => experiment.TryLoad(item, out var result) ? result.Timings.Values.Sum() : (double?)null);
        int open = mine.Count(item => seconds[item] is null);
        Console.WriteLine($"{title}: {work.Count} runs, {seconds.Values.Count(s => s is not null)} done; shard {shard.Number}/{shard.Count} has {mine.Count}, {open} to do");
        double left = 0;
        bool known = true;
        foreach (var method in work.GroupBy(item => item.Name))
        {
            var done = method.Select(item => seconds[item]).OfType<double>().ToArray();
            int toDo = mine.Count(item => item.Name == method.Key && seconds[item] is null);
            string estimate = toDo == 0 ? "" : done.Length == 0 ? ", no run to estimate from yet"
                : $", about {Duration.Text(TimeSpan.FromSeconds(toDo * done.Average()))}";
            if (done.Length > 0) left += toDo * done.Average();
            else if (toDo > 0) known = false;
            Console.WriteLine($"  {method.Key}: {method.Count()} runs, {done.Length} done, {toDo} to do here{estimate}");
        }
        if (open > 0) Console.WriteLine(known ? $"  all of shard {shard.Number}/{shard.Count}: about {Duration.Text(TimeSpan.FromSeconds(left))}"
            : $"  all of shard {shard.Number}/{shard.Count}: more than {Duration.Text(TimeSpan.FromSeconds(left))}");
    }
}

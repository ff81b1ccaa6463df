using LoraComposition.CommandLine;
using LoraComposition.Experiments;
using LoraComposition.FewShot;

namespace Analysis.Data;

/// <summary>Published data sets, each of them a task.</summary>
sealed class NamedSets(IReadOnlyList<BenchmarkFolder> upstream, BenchmarkFolder downstream) : ITaskSource
{
    public int UpstreamCount => upstream.Count;

    public TaskSet Open(ImagePreprocessing preprocessing, int validationPerClass)
    {
        var tasks = new ImageTasks(preprocessing, validationPerClass);
        try
        {
            var tested = downstream.Open();
            return new TaskSet([.. upstream.Select(set => set.Open()).Select(set => tasks.Create(set.Name, set.Splits.Train))], tasks.Create(tested.Name, tested.Splits.Train, tested.Splits.Test), tasks);
        }
        catch
        {
            tasks.Dispose();
            throw;
        }
    }
}

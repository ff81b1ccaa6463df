using LoraComposition.CommandLine;
using LoraComposition.Experiments;
using LoraComposition.FewShot;

namespace Analysis.Data;

/// <summary>Data sets with names, published ones and one's own, each of them a task.</summary>
sealed class NamedSets(IReadOnlyList<NamedPath> upstream, NamedPath downstream) : ITaskSource
{
    public int UpstreamCount => upstream.Count;

    public TaskSet Open(ImagePreprocessing preprocessing, int validationPerClass)
    {
        var tasks = new ImageTasks(preprocessing, validationPerClass);
        try
        {
            NamedImages Open(NamedPath set) => NamedImages.Open(set.Name, set.Path, validationPerClass);
            var tested = Open(downstream);
            NamedImages[] learned = [.. upstream.Select(Open)];
            return new TaskSet([.. learned.Select(set => tasks.Create(set.Name, set.Splits.Train))], tasks.Create(tested.Name, tested.Splits.Train, tested.Splits.Test), tasks)
            {
                Remarks = [.. learned.Append(tested).SelectMany(set => set.Remarks)],
            };
        }
        catch
        {
            tasks.Dispose();
            throw;
        }
    }
}

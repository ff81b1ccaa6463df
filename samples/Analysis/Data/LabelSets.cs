using LoraComposition.CommandLine;
using LoraComposition.FewShot;

namespace Analysis.Data;

/// <summary>The labels of one data set in sets of nearly the same size: the last one is downstream, the others are upstream.</summary>
sealed class LabelSets(LabelData data, int splits) : ITaskSource
{
    public int UpstreamCount => splits - 1;

    public TaskSet Open(ImagePreprocessing preprocessing, int validationPerClass)
    {
        var tasks = LabelTasks.Open(data, preprocessing, validationPerClass);
        try
        {
            var sets = LabelRange.Sets(tasks.ClassCount, splits);
            return new TaskSet([.. sets.SkipLast(1).Select(tasks.Upstream)], tasks.Downstream(sets[^1]), tasks) { Remarks = tasks.Remarks };
        }
        catch
        {
            tasks.Dispose();
            throw;
        }
    }
}

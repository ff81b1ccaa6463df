using Analysis.Data;
using LoraComposition.CommandLine.Experiments;
using LoraComposition.FewShot.Foundations;
using LoraComposition.FewShot.Progress;

namespace Analysis.Studies;

/// <summary>One of the paper's analyses, from tasks to tables.</summary>
interface IStudy
{
    /// <summary>Runs it and reports.</summary>
    void Run(ExperimentSettings experiment, ImageFoundation foundation, TaskSet tasks, IProgressReporter progress, CancellationToken cancellation);
}

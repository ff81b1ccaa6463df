using Analysis.Data;
using LoraComposition.CommandLine;
using LoraComposition.FewShot;

namespace Analysis.Studies;

/// <summary>One of the paper's analyses, from tasks to tables.</summary>
interface IStudy
{
    /// <summary>Runs it and reports.</summary>
    void Run(ExperimentSettings experiment, ImageBaseModel baseModel, TaskSet tasks, IProgressReporter progress, CancellationToken cancellation);
}

using LoraComposition.CommandLine;
using LoraComposition.FewShot;

namespace LabelShift.Studies;

/// <summary>One question about label shift, from tasks to tables.</summary>
interface IStudy
{
    /// <summary>Runs it and reports.</summary>
    void Run(LabelShiftSettings settings, ImageBaseModel baseModel, LabelTasks tasks, IProgressReporter progress, CancellationToken cancellation);
}

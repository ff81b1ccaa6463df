using LoraComposition.CommandLine.Experiments.Images;
using LoraComposition.FewShot.Foundations;
using LoraComposition.FewShot.Progress;

namespace LabelShift.Studies;

/// <summary>One question about label shift, from tasks to tables.</summary>
interface IStudy
{
    /// <summary>Runs it and reports.</summary>
    void Run(LabelShiftSettings settings, ImageFoundation foundation, LabelTasks tasks, IProgressReporter progress, CancellationToken cancellation);
}

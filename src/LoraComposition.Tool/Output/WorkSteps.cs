using LoraComposition.FewShot;

namespace LoraComposition.Tool;

/// <summary>Shows the steps of one piece of work; how many there are is known with the first.</summary>
/// <param name="progress">Shows them.</param>
/// <param name="what">What to call the work.</param>
sealed class WorkSteps(IProgressReporter progress, string what) : IProgress<WorkProgress>, IDisposable
{
    IProgressTask? bar;

    public void Report(WorkProgress value) => (bar ??= progress.Begin(what, value.Total)).Advance();

    public void Dispose() => bar?.Dispose();
}

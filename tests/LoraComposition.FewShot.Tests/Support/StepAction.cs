namespace LoraComposition.FewShot.Tests.Support;

/// <summary>Does something at each step of progress.</summary>
sealed class StepAction(Action? step) : IProgressTask
{
    public void Advance(long steps = 1) => step?.Invoke();

    public void Dispose()
    {
    }
}

namespace Serve.Tests.Support;

/// <summary>All places of a gate taken, until they are let go.</summary>
sealed class FullGate : IDisposable
{
    readonly ManualResetEventSlim open = new();
    readonly Task[] others;

    public FullGate(PredictionGate gate) => others = [.. Enumerable.Range(0, PredictionGate.Places).Select(_ => gate.RunAsync(() =>
    {
        open.Wait();
        return 0;
    }, CancellationToken.None))];

    public void Open() => open.Set();

    public Task Ended => Task.WhenAll(others);

    public void Dispose() => open.Dispose();
}

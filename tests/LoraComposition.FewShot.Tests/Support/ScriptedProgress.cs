namespace LoraComposition.FewShot.Tests.Support;

/// <summary>Keeps the lines that were reported and calls back on every advance of a bar.</summary>
internal sealed class ScriptedProgress(Action<string>? advanced = null) : IProgressReporter
{
    public List<string> Lines { get; } = [];

    public List<string> Begun { get; } = [];

    public IProgressTask Begin(string description, long total)
    {
        Begun.Add(description);
        return new Bar(() => advanced?.Invoke(description));
    }

    public void Report(string line) => Lines.Add(line);

    public void Dispose()
    {
    }

    sealed class Bar(Action advanced) : IProgressTask
    {
        public void Advance(long steps = 1) => advanced();

        public void Dispose()
        {
        }
    }
}

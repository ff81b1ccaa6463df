namespace LoraComposition.FewShot;

/// <summary>Shows nothing.</summary>
/// <remarks>Safe to use from several threads.</remarks>
public sealed class NullProgressReporter : IProgressReporter, IProgressTask
{
    NullProgressReporter()
    {
    }

    /// <summary>The only instance, owned by nobody: disposing it does nothing.</summary>
    public static NullProgressReporter Instance { get; } = new();

    /// <inheritdoc/>
    public IProgressTask Begin(string description, long total) => this;

    /// <inheritdoc/>
    public void Advance(long steps = 1)
    {
    }

    /// <inheritdoc/>
    public void Report(string line)
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}

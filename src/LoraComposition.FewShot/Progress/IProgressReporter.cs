namespace LoraComposition.FewShot;

/// <summary>Shows how far long work is.</summary>
/// <remarks>Safe to use from several threads.</remarks>
public interface IProgressReporter : IDisposable
{
    /// <summary>Starts to show one piece of work.</summary>
    /// <param name="description">What is done, in a few words.</param>
    /// <param name="total">The number of steps, 0 where there is nothing to do.</param>
    /// <returns>The work. The caller owns it, and disposes it when the work is done or was given up.</returns>
    /// <exception cref="ArgumentException">The description is empty or the total is negative.</exception>
    IProgressTask Begin(string description, long total);

    /// <summary>Shows a line at once, between the lines of progress.</summary>
    /// <param name="line">The line, without its end.</param>
    void Report(string line);
}

/// <summary>One piece of long work that is shown. Disposing it ends the showing.</summary>
/// <remarks>Safe to use from several threads.</remarks>
public interface IProgressTask : IDisposable
{
    /// <summary>Says that steps were done. Steps beyond the total do not count.</summary>
    /// <param name="steps">The number of steps, at least 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    void Advance(long steps = 1);
}

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

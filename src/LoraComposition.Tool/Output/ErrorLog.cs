using System.CommandLine;
using LoraComposition.CommandLine;
using LoraComposition.FewShot;
using Microsoft.Extensions.Logging;

namespace LoraComposition.Tool;

/// <summary>
/// The log of <c>--verbose</c>: a line for each message between the lines of progress, on standard error. A warning comes once, however often it is given.
/// </summary>
/// <param name="write">Writes a line.</param>
sealed class ErrorLog(Action<string> write) : ILogger
{
    readonly HashSet<string> warnings = [];

    /// <summary>The log, or null where it was not asked for.</summary>
    public static ErrorLog? For(ParseResult parsed, Action<string> write) => parsed.GetValue(ProgramOptions.Verbose) ? new ErrorLog(write) : null;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel is not LogLevel.None;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        string text = formatter(state, exception);
        if (logLevel == LogLevel.Warning && !Remember(text)) return;
        write($"{logLevel}: {text}");
    }

    /// <summary>Whether a warning is in the log.</summary>
    public bool Holds(string warning)
    {
        lock (warnings) return warnings.Contains(warning);
    }

    /// <summary>Tells warnings; what a log says already is not said twice.</summary>
    public static void Tell(IEnumerable<string> warnings, ErrorLog? log, IProgressReporter progress)
    {
        foreach (string warning in warnings.Where(warning => log?.Holds(warning) != true)) progress.Report($"warning: {warning}");
    }

    bool Remember(string warning)
    {
        lock (warnings) return warnings.Add(warning);
    }
}

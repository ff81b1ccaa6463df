using System.CommandLine;
using Microsoft.Extensions.Logging;

namespace LoraComposition.Tool;

/// <summary>The log of <c>--verbose</c>: a line for each message between the lines of progress, on standard error.</summary>
/// <param name="write">Writes a line.</param>
sealed class ErrorLog(Action<string> write) : ILogger
{
    /// <summary>The log, or null where it was not asked for.</summary>
    public static ErrorLog? For(ParseResult parsed, Action<string> write) => parsed.GetValue(GlobalOptions.Verbose) ? new ErrorLog(write) : null;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel is not LogLevel.None;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        write($"{logLevel}: {formatter(state, exception)}");
}

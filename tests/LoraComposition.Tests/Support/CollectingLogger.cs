using Microsoft.Extensions.Logging;

namespace LoraComposition.Tests.Support;

/// <summary>Keeps every message with its level.</summary>
sealed class CollectingLogger : ILogger
{
    readonly List<(LogLevel Level, string Text)> messages = [];

    /// <summary>The messages of one level, in their order.</summary>
    public IReadOnlyList<string> At(LogLevel level) => [.. messages.Where(message => message.Level == level).Select(message => message.Text)];

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => messages.Add((logLevel, formatter(state, exception)));
}

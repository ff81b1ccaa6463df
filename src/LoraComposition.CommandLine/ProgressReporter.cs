using LoraComposition.FewShot;
using Spectre.Console;

namespace LoraComposition.CommandLine;

/// <summary>Chooses how progress is shown.</summary>
public static class ProgressReporter
{
    /// <summary>Live bars where standard error is a terminal, else plain lines at most every 10 seconds.</summary>
    /// <returns>The reporter. The caller disposes it.</returns>
    public static IProgressReporter ForStandardError()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return console.Profile.Out.IsTerminal && console.Profile.Capabilities.Ansi
            ? new LiveProgressReporter(console, TimeProvider.System)
            : new PlainProgressReporter(Console.Error, TimeProvider.System);
    }
}

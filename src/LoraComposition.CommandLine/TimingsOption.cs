using System.CommandLine;
using System.Globalization;
using LoraComposition.FewShot;
using Spectre.Console;

namespace LoraComposition.CommandLine;

/// <summary>The option that asks what the time of a run went into.</summary>
public static class TimingsOption
{
    const int Digits = 2;

    /// <summary>The option itself, for a command to list.</summary>
    public static Option<bool> Option { get; } = new("--timings") { Description = "Say at the end, on standard error, how long each phase of the run took." };

    /// <summary>Writes the table to standard error where it was asked for.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="times">The times of the run, from its start.</param>
    public static void Write(ParseResult parsed, PhaseTimes times)
    {
        ArgumentNullException.ThrowIfNull(parsed);
        ArgumentNullException.ThrowIfNull(times);
        if (parsed.GetValue(Option)) Table(times.Read()).Write(AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) }));
    }

    /// <summary>A row for each phase, then all of them together, which is the wall time.</summary>
    internal static ConsoleTable Table(PhaseReading reading)
    {
        var seconds = reading.ToSeconds(Digits);
        double all = seconds.Values.Sum();
        var table = new ConsoleTable("Phase", "Seconds", "Share");
        foreach (var (phase, spent) in seconds) table.AddRow(phase, Text(spent), Share(spent, all));
        table.AddRow("together", Text(all), Share(all, all));
        return table;
    }

    static string Text(double seconds) => seconds.ToString($"F{Digits}", CultureInfo.InvariantCulture);

    static string Share(double spent, double all) => all == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{100 * spent / all:F0} %");
}

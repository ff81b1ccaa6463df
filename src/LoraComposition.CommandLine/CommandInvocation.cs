using System.CommandLine;

namespace LoraComposition.CommandLine;

/// <summary>
/// Runs a parsed command and turns whatever goes wrong into an exit code and one line on standard error, followed by a stack trace where <c>--verbose</c> asks
/// for it.
/// </summary>
public static class CommandInvocation
{
    // A step, a batch or an image in hand is finished first.
    static readonly TimeSpan patience = TimeSpan.FromSeconds(20);

    /// <summary>Runs the command.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="stopped">What to say when it is stopped with Ctrl+C.</param>
    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    public static async Task<int> InvokeWithExitCodesAsync(this ParseResult parsed, string stopped)
    {
        ArgumentNullException.ThrowIfNull(parsed);
        try
        {
            if (UsageProblem.Of(parsed) is { } problem)
            {
                Console.Error.WriteLine($"{problem} Try --help.");
                return ExitCodes.Usage;
            }
            ProgramOptions.Load(parsed);
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = patience });
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine(stopped);
            return ExitCodes.Stopped;
        }
        catch (UsageException e)
        {
            Console.Error.WriteLine(e.Message);
            return ExitCodes.Usage;
        }
        catch (Exception e)
        {
            Console.Error.WriteLine(FailureText.Of(e));
            if (parsed.GetValue(ProgramOptions.Verbose)) Console.Error.WriteLine(e.ToString());
            return ExitCodes.Refused;
        }
    }
}

/// <summary>What a program returns to the shell.</summary>
public static class ExitCodes
{
    /// <summary>The work is done.</summary>
    public const int Done = 0;

    /// <summary>The input was refused.</summary>
    public const int Refused = 1;

    /// <summary>The command was asked for something that cannot be.</summary>
    public const int Usage = 2;

    /// <summary>Stopped with Ctrl+C.</summary>
    public const int Stopped = 130;
}

using System.CommandLine;

namespace LoraComposition.CommandLine;

/// <summary>Runs a parsed command and turns what goes wrong into an exit code and one line on standard error.</summary>
public static class CommandInvocation
{
    // A step, a batch or an image in hand is finished first.
    static readonly TimeSpan patience = TimeSpan.FromSeconds(20);

    /// <summary>Runs the command.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="stopped">What to say when it is stopped with Ctrl+C.</param>
    /// <param name="verbose">Whether an error is followed by its stack trace.</param>
    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    public static async Task<int> InvokeWithExitCodesAsync(this ParseResult parsed, string stopped, bool verbose = false)
    {
        ArgumentNullException.ThrowIfNull(parsed);
        if (UsageProblem.Of(parsed) is { } problem)
        {
            Console.Error.WriteLine($"{problem} Try --help.");
            return ExitCodes.Usage;
        }
        try
        {
            BackendOptions.Load(parsed);
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
        catch (Exception e) when (IsRefusal(e))
        {
            Console.Error.WriteLine(e.Message.ReplaceLineEndings(" "));
            if (verbose) Console.Error.WriteLine(e.ToString());
            return ExitCodes.Refused;
        }
    }

    /// <summary>Whether the input is to blame, not the program.</summary>
    static bool IsRefusal(Exception e) =>
        e is LoraCompositionException or IOException or UnauthorizedAccessException;
}

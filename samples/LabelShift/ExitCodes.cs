using System.CommandLine;
using LoraComposition.Attachments;
using LoraComposition.FewShot.Data;
using LoraComposition.FewShot.Results;
using LoraComposition.FewShot.Training;
using LoraComposition.Serialization;

namespace LabelShift;

/// <summary>0 done, 1 bad data, 2 wrong usage, 130 stopped by Ctrl+C. An error is one line on standard error.</summary>
static class ExitCodes
{
    public const int Done = 0, BadData = 1, Usage = 2, Stopped = 130;

    public static async Task<int> InvokeWithExitCodesAsync(this ParseResult parsed)
    {
        if (parsed.Errors.Count > 0)
        {
            Console.Error.WriteLine($"{parsed.Errors[0].Message.ReplaceLineEndings(" ")} Try --help.");
            return Usage;
        }
        try
        {
            // A step, a batch or an image in hand is finished first.
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(20) });
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("Stopped. What is finished is saved; the same command goes on from there.");
            return Stopped;
        }
        catch (UsageException e)
        {
            Console.Error.WriteLine(e.Message);
            return Usage;
        }
        catch (Exception e) when (e is DataException or ModelFileException or RunFileException or AdapterMismatchException or TrainingDivergedException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine(e.Message.ReplaceLineEndings(" "));
            return BadData;
        }
    }
}

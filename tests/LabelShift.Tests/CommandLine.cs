namespace LabelShift.Tests;

/// <summary>Runs the program in this process and keeps what it wrote. One at a time: the console belongs to the process.</summary>
internal static class CommandLine
{
    public static async Task<(int Code, string[] Output, string[] Errors)> RunAsync(params string[] arguments)
    {
        var (output, error) = (Console.Out, Console.Error);
        // Never disposed: the table's console keeps the first one.
        var (writtenOutput, writtenError) = (new StringWriter(), new StringWriter());
        Console.SetOut(writtenOutput);
        Console.SetError(writtenError);
        try
        {
            int code = await LabelShiftCommand.InvokeAsync(arguments);
            return (code, Lines(writtenOutput), Lines(writtenError));
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
        }
    }

    private static string[] Lines(StringWriter text)
    {
        string[] lines = text.ToString().ReplaceLineEndings("\n").Split('\n');
        return lines[^1].Length == 0 ? lines[..^1] : lines;
    }
}

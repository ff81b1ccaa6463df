namespace LoraComposition.FewShot.Tests.Support;

/// <summary>Runs a program in this process and keeps what it wrote. One at a time: the console belongs to the process.</summary>
internal static class ConsoleCapture
{
    static readonly string[] markdownMarks = ["\\|", "**", "|--", "| --"];

    public static async Task<(int Code, string[] Output, string[] Errors)> RunAsync(Func<Task<int>> program)
    {
        var (output, error) = (Console.Out, Console.Error);
        var (writtenOutput, writtenError) = (new StringWriter(), new StringWriter());
        Console.SetOut(writtenOutput);
        Console.SetError(writtenError);
        try
        {
            int code = await program();
            writtenOutput.ToString().Should().NotContainAny(markdownMarks, "a terminal shows no Markdown");
            return (code, Lines(writtenOutput), Lines(writtenError));
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
        }
    }

    static string[] Lines(StringWriter text)
    {
        string[] lines = text.ToString().ReplaceLineEndings("\n").Split('\n');
        return lines[^1].Length == 0 ? lines[..^1] : lines;
    }
}

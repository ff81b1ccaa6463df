namespace LoraComposition.Tool.Tests;

/// <summary>Runs the tool in this process and keeps what it wrote. One at a time: the console belongs to the process.</summary>
internal static class CommandLine
{
    public static async Task<(int Code, string Output, string[] Errors)> RunAsync(params string[] arguments)
    {
        var (output, error) = (Console.Out, Console.Error);
        using var writtenOutput = new StringWriter();
        using var writtenError = new StringWriter();
        Console.SetOut(writtenOutput);
        Console.SetError(writtenError);
        try
        {
            int code = await LoraComposeCommand.InvokeAsync(arguments);
            return (code, writtenOutput.ToString().ReplaceLineEndings("\n"), writtenError.ToString().ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
        }
    }
}

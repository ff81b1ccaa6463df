namespace LoraComposition.Tool.Tests;

/// <summary>Runs the tool in this process and keeps what it wrote. One at a time: the console belongs to the process.</summary>
internal static class CommandLine
{
    static readonly string[] markdownMarks = ["\\|", "**", "|--", "| --"];

    public static Task<(int Code, string Output, string[] Errors)> RunAsync(params string[] arguments) => RunAsync(_ => TextReader.Null, arguments);

    /// <summary>Runs it with standard input.</summary>
    /// <param name="input">Makes the input; it is given what tells the output so far.</param>
    /// <param name="arguments">The command line.</param>
    public static async Task<(int Code, string Output, string[] Errors)> RunAsync(Func<Func<string>, TextReader> input, params string[] arguments)
    {
        var (output, error, before) = (Console.Out, Console.Error, Console.In);
        using var writtenOutput = new StringWriter();
        using var writtenError = new StringWriter();
        Console.SetOut(writtenOutput);
        Console.SetError(writtenError);
        Console.SetIn(input(writtenOutput.ToString));
        try
        {
            int code = await LoraComposeCommand.InvokeAsync(arguments);
            writtenOutput.ToString().Should().NotContainAny(markdownMarks, "a terminal shows no Markdown");
            return (code, writtenOutput.ToString().ReplaceLineEndings("\n"), writtenError.ToString().ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
            Console.SetIn(before);
        }
    }
}

using LoraComposition.FewShot.Tests.Support;

namespace Analysis.Tests;

/// <summary>Runs the program in this process.</summary>
internal static class CommandLine
{
    public static Task<(int Code, string[] Output, string[] Errors)> RunAsync(params string[] arguments) => ConsoleCapture.RunAsync(() => AnalysisCommand.InvokeAsync(arguments));
}

using System.Reflection;
using System.Runtime.InteropServices;
using LoraComposition.Experiments;

namespace LoraComposition.CommandLine;

/// <summary>What ended a program, in one line for its user; settings that differ from those of earlier results, and rows that cannot be used, have a line each.</summary>
public static class FailureText
{
    const int Longest = 2000;

    /// <summary>Puts a failure into words.</summary>
    /// <param name="failure">What was thrown.</param>
    /// <returns>The text, without the names of parameters and without torch's own stack trace.</returns>
    public static string Of(Exception failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        return failure switch
        {
            AggregateException or TargetInvocationException or TypeInitializationException when failure.InnerException is { } cause => Of(cause),
            // Its settings, or its rows, are a list.
            RunConflictException { Differences.Count: > 0 } or DamagedRowsException => Lines(failure.Message),
            OutOfMemoryException => $"There is not enough memory: {OneLine(failure.Message)}",
            ExternalException => OfTorch(failure.Message),
            DllNotFoundException or EntryPointNotFoundException or BadImageFormatException => $"A native library cannot be loaded: {OneLine(failure.Message)}",
            ArgumentException { ParamName: { } parameter } => OneLine(failure.Message.Replace($" (Parameter '{parameter}')", "")),
            LoraCompositionException or IOException or UnauthorizedAccessException or ArgumentException or InvalidOperationException or ArithmeticException or NotSupportedException or FormatException
                => OneLine(failure.Message),
            _ => $"An error of the program itself, {failure.GetType().Name}: {OneLine(failure.Message)} With --verbose it says where.",
        };
    }

    // What torch says ends where its stack trace begins.
    static string OfTorch(string message)
    {
        string line = OneLine(message.TrimStart().Split('\n')[0]);
        bool memory = line.Contains("out of memory", StringComparison.OrdinalIgnoreCase) || line.Contains("not enough memory", StringComparison.OrdinalIgnoreCase)
            || line.Contains("can't allocate memory", StringComparison.OrdinalIgnoreCase);
        return memory ? $"There is not enough memory: {line}" : $"torch: {line}";
    }

    static string Lines(string text) =>
        string.Join(Environment.NewLine, text.Split('\n').Select(line => line.StartsWith("  ", StringComparison.Ordinal) ? $"  {OneLine(line)}" : OneLine(line)));

    static string OneLine(string text)
    {
        var line = string.Concat(text.ReplaceLineEndings(" ").Select(c => char.IsControl(c) ? ' ' : c)).Trim();
        return line.Length <= Longest ? line : $"{line[..Longest]}…";
    }
}

namespace LoraComposition.Tool;

/// <summary>Lines that come one after the other, from a terminal or another program.</summary>
static class InputLines
{
    const char ByteOrderMark = '\uFEFF';

    /// <summary>Gives each line when it is there, without empty ones.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled, also while a line was waited for.</exception>
    public static IEnumerable<string> Read(TextReader input, CancellationToken cancellation)
    {
        // Whoever waits for a line of a terminal cannot be interrupted, so another thread waits.
        while (Task.Run(input.ReadLine, CancellationToken.None).WaitAsync(cancellation).GetAwaiter().GetResult() is { } line)
        {
            line = line.TrimStart(ByteOrderMark).TrimEnd('\r');
            if (line.Length > 0) yield return line;
        }
    }
}

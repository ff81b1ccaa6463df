using System.Text;
using LoraComposition.FewShot;
using LoraComposition.Files;

namespace LoraComposition.Experiments;

/// <summary>The command that repeats an experiment, as a line for a shell, beside the results.</summary>
public static class CommandFile
{
    /// <summary>The file's name.</summary>
    public const string Name = "command.txt";

    const int LongestFile = 64 << 10;

    static readonly UTF8Encoding strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Writes the command into a folder, whole or not at all.</summary>
    /// <param name="folder">The folder of the results; it is created where it is missing.</param>
    /// <param name="command">The program and its arguments.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string folder, IReadOnlyList<string> command)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        ArgumentNullException.ThrowIfNull(command);
        string line = string.Join(' ', command.Select(Quoted)) + "\n";
        Directory.CreateDirectory(folder);
        AtomicFile.Write(Path.Combine(folder, Name), line);
    }

    /// <summary>Reads the line; null where there is no file.</summary>
    internal static string? TryRead(string path)
    {
        if (!File.Exists(path)) return null;
        try
        {
            return strict.GetString(OutsideFile.Read(path, LongestFile, RunFileException.For(path))).Trim();
        }
        catch (DecoderFallbackException e)
        {
            throw new RunFileException(path, "expected a command as UTF-8 text. Delete the file to leave it out.", e);
        }
    }

    // As POSIX shells read it: nothing has a meaning between single quotes.
    static string Quoted(string argument) =>
        argument.Length > 0 && argument.All(c => char.IsAsciiLetterOrDigit(c) || "-_=.,/:+@%".Contains(c)) ? argument
            : $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}

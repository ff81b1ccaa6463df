using System.Text;
using LoraComposition.FewShot;
using LoraComposition.Files;

namespace LoraComposition.Experiments;

/// <summary>What a reader of the results must know of the data, a line each, beside the results: what is tested on, what was left out.</summary>
public static class DataRemarksFile
{
    /// <summary>The file's name.</summary>
    public const string Name = "data.txt";

    const int LongestFile = 64 << 10;

    static readonly UTF8Encoding strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Writes the lines into a folder, whole or not at all; where there are none, an earlier file goes.</summary>
    /// <param name="folder">The folder of the results; it is created where it is missing.</param>
    /// <param name="remarks">The lines.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string folder, IReadOnlyList<string> remarks)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        ArgumentNullException.ThrowIfNull(remarks);
        string path = Path.Combine(folder, Name);
        if (remarks.Count == 0)
        {
            File.Delete(path);
            return;
        }
        string lines = string.Concat(remarks.Select(remark => remark.ReplaceLineEndings(" ") + "\n"));
        Directory.CreateDirectory(folder);
        AtomicFile.Write(path, lines);
    }

    /// <summary>Reads the lines; none where there is no file.</summary>
    internal static IReadOnlyList<string> TryRead(string path)
    {
        if (!File.Exists(path)) return [];
        try
        {
            return strict.GetString(OutsideFile.Read(path, LongestFile, RunFileException.For(path))).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        }
        catch (DecoderFallbackException e)
        {
            throw new RunFileException(path, "expected remarks on the data as UTF-8 text. Delete the file to leave it out.", e);
        }
    }
}

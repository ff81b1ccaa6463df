using System.Globalization;
using System.Text;
using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>A small CSV file that this library wrote, read back: a header, and lines with as many fields.</summary>
sealed class CsvFile
{
    /// <summary>The columns of a score: mean, standard deviation, number of runs and the mean's 95 % interval, empty for a single run.</summary>
    public const string ScoreColumns = "mean,std,runs,ci95_low,ci95_high";

    const string EarlierScoreColumns = "mean,std,runs";
    const int LongestFile = 4 << 20;
    static readonly UTF8Encoding strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    readonly string path, what;

    CsvFile(string path, string what, IReadOnlyList<string> header, IReadOnlyList<(int Number, IReadOnlyList<string> Fields)> lines) =>
        (this.path, this.what, Header, Lines) = (path, what, header, lines);

    public IReadOnlyList<string> Header { get; }

    /// <summary>The lines after the header with their numbers in the file; at least one.</summary>
    public IReadOnlyList<(int Number, IReadOnlyList<string> Fields)> Lines { get; }

    /// <summary>The first line of a file; null where it is none that a header could be.</summary>
    public static string? FirstLine(string path)
    {
        // A pipe has no length, and opening it would wait for its writer.
        if ((File.ResolveLinkTarget(path, returnFinalTarget: true) is FileInfo target ? target : new FileInfo(path)) is not { Exists: true, Length: > 0 })
            return null;
        using var reader = new StreamReader(path);
        char[] buffer = new char[1024];
        string start = new(buffer, 0, reader.ReadBlock(buffer));
        return start.IndexOf('\n', StringComparison.Ordinal) is > 0 and var end ? start[..end] : null;
    }

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="isHeader">Whether the first line is the right one.</param>
    /// <param name="what">What the file holds, for messages.</param>
    /// <exception cref="RunFileException">It is missing, too long, not UTF-8, or not of this kind.</exception>
    public static CsvFile Read(string path, Func<string, bool> isHeader, string what)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string text;
        try
        {
            text = strict.GetString(OutsideFile.Read(path, LongestFile, RunFileException.For(path)));
        }
        catch (DecoderFallbackException e)
        {
            throw new RunFileException(path, $"expected {what} as UTF-8 text. Delete the file and run the same command again.", e);
        }
        string[] lines = text.TrimEnd('\n').Split('\n');
        var header = isHeader(lines[0]) ? CsvField.TrySplit(lines[0])! : [];
        var file = new CsvFile(path, what, header, [.. lines.Skip(1).Select((line, index) => (index + 2, CsvField.TrySplit(line) ?? []))]);
        if (header.Count == 0) throw file.Damaged("the first line is another");
        if (file.Lines.Count == 0) throw file.Damaged("there is no line after the first");
        if (file.Lines.FirstOrDefault(line => line.Fields.Count != header.Count) is { Number: > 0 } wrong)
            throw file.Damaged($"line {wrong.Number} has not {header.Count} fields");
        return file;
    }

    /// <summary>Whether a header of two names and a score's columns begins a file so; earlier versions wrote no interval.</summary>
    public static bool IsScoreHeader(string line) => CsvField.TrySplit(line) is { Count: > 2 } fields && string.Join(',', fields.Skip(2)) is ScoreColumns or EarlierScoreColumns;

    /// <summary>A score in its columns.</summary>
    public static string Fields(ScoreStatistics score) => string.Create(CultureInfo.InvariantCulture,
        $"{score.Mean:F10},{score.StandardDeviation:F10},{score.Runs},{score.Interval?.Low:F10},{score.Interval?.High:F10}");

    /// <summary>Reads mean, standard deviation and number of runs from three neighbouring fields.</summary>
    public ScoreStatistics Score((int Number, IReadOnlyList<string> Fields) line, int first) =>
        Fraction(line.Fields[first]) is { } mean && Fraction(line.Fields[first + 1]) is { } deviation && Whole(line.Fields[first + 2]) is { } runs and > 0
            ? new ScoreStatistics(mean, deviation, runs) : throw Damaged($"line {line.Number}: expected two numbers from 0 to 1 and a number of runs");

    /// <summary>A whole number from 0; null where it is none.</summary>
    public static int? Whole(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;

    public RunFileException Damaged(string problem) => new(path, $"expected {what}, but it is damaged: {problem}. Delete the file and run the same command again.");

    static double? Fraction(string text) => double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)
        && number is >= 0 and <= 1 ? number : null;
}

/// <summary>One field of a CSV file, as RFC 4180 has it.</summary>
/// <remarks>
/// Sep (0.2 MB) and CsvHelper (0.2 MB) write the same bytes, in place of two lines here. Sep reads <c>a,b"c</c> and a quote that is never closed as if nothing
/// were wrong, and own data is to be refused there by its line.
/// </remarks>
public static class CsvField
{
    /// <summary>Puts a value between quotes where it holds a comma, a quote or the end of a line, and doubles its quotes.</summary>
    /// <param name="value">The value.</param>
    /// <returns>The field.</returns>
    public static string Of(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return value.AsSpan().IndexOfAny(",\"\r\n") < 0 ? value : $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    /// <summary>Takes the fields of a line apart.</summary>
    /// <param name="line">The line, without its end.</param>
    /// <returns>The fields; null where a quote is not closed or stands in the middle of a field.</returns>
    internal static IReadOnlyList<string>? TrySplit(string line)
    {
        var fields = new List<string>();
        for (int at = 0; ; at++)
        {
            var field = new StringBuilder();
            if (at < line.Length && line[at] == '"')
            {
                for (at++; ; at++)
                {
                    if (at >= line.Length) return null;
                    if (line[at] == '"' && (++at >= line.Length || line[at] != '"')) break;
                    field.Append(line[at]);
                }
            }
            else
            {
                for (; at < line.Length && line[at] != ','; at++) field.Append(line[at]);
                if (field.ToString().Contains('"', StringComparison.Ordinal)) return null;
            }
            fields.Add(field.ToString());
            if (at >= line.Length) return fields;
            if (line[at] != ',') return null;
        }
    }
}

/// <summary>Lines of fields as CSV (RFC 4180, but LF as the end of a line).</summary>
static class CsvText
{
    public static string Of(IEnumerable<IReadOnlyList<string>> lines) => string.Concat(lines.Select(line => string.Join(',', line.Select(CsvField.Of)) + "\n"));
}

using System.Text;
using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>Reads the rows of a CSV file (RFC 4180): a header with the names of the columns, then a row a line; a field between quotes may hold line ends.</summary>
internal static class CsvRows
{
    const int LongestRow = 4 * 1024 * 1024;

    /// <param name="file">The file.</param>
    /// <param name="refuse">Is given a row that cannot be used and passes it over or throws; throws where not given.</param>
    public static IEnumerable<QuestionRow> Read(string file, Action<DamagedRowException>? refuse = null)
    {
        refuse ??= row => throw row;
        string[] lines = Encoding.UTF8.GetString(QuestionFileBytes.ReadUtf8(file, mayHaveMark: true)).ReplaceLineEndings("\n").Split('\n');
        IReadOnlyList<string>? header = null;
        int rows = 0;
        foreach (var (line, fields) in Records(file, lines))
        {
            if (fields is null)
            {
                var broken = new DamagedRowException(file, $"line {line}", "a quote stands in the middle of a field; put the field between quotes and double those inside.");
                if (header is null) throw broken;
                refuse(broken);
                continue;
            }
            if (header is null)
            {
                header = fields;
                if (header.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
                    throw new DataException(file, $"line {line}: expected each column once, found '{twice.Key}' twice.");
                continue;
            }
            if (fields.Count != header.Count)
            {
                refuse(new DamagedRowException(file, $"line {line}", $"expected {header.Count} fields, as in the first line, found {fields.Count}."));
                continue;
            }
            if (++rows > JsonRows.MaxRows) throw new DataException(file, $"expected at most {JsonRows.MaxRows} rows, found more; split the file.");
            yield return new CsvRow(file, $"line {line}", header.Zip(fields).ToDictionary(pair => pair.First, pair => pair.Second, StringComparer.Ordinal));
        }
    }

    // No fields where a quote stands in the middle of one.
    static IEnumerable<(int Line, IReadOnlyList<string>? Fields)> Records(string file, string[] lines)
    {
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].Length == 0) continue;
            int first = i;
            var record = new StringBuilder(lines[i]);
            // A line with an odd number of quotes ends within a field.
            for (int quotes = lines[i].Count(c => c == '"'); quotes % 2 == 1; quotes += lines[i].Count(c => c == '"'))
            {
                if (++i == lines.Length || record.Length > LongestRow) throw new DataException(file, $"line {first + 1}: a quote is not closed.");
                record.Append('\n').Append(lines[i]);
            }
            yield return (first + 1, CsvField.TrySplit(record.ToString()));
        }
    }
}

/// <summary>A row that is a line of a CSV file.</summary>
internal sealed class CsvRow(string file, string place, IReadOnlyDictionary<string, string> fields) : QuestionRow(file, place)
{
    public const char Separator = '|';

    public override bool Has(params ReadOnlySpan<string> path) => path.Length == 1 && fields.TryGetValue(path[0], out string? text) && text.Length > 0;

    public override string Text(params ReadOnlySpan<string> path) =>
        path.Length == 1 && fields.TryGetValue(path[0], out string? text) ? Checked(text, path) : throw Refused($"expected a column '{NameOf(path)}', found none.");

    public override IReadOnlyList<string> Texts(params ReadOnlySpan<string> path) => Text(path).Split(Separator, StringSplitOptions.TrimEntries);

    public override int Integer(params ReadOnlySpan<string> path) => Parsed(Text(path), path);
}

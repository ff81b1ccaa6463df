using System.Text;

namespace LoraComposition.Experiments;

/// <summary>One field of a CSV file, as RFC 4180 has it.</summary>
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

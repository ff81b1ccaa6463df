namespace LoraComposition.Experiments;

/// <summary>Lines of fields as CSV (RFC 4180, but LF as the end of a line).</summary>
static class CsvText
{
    public static string Of(IEnumerable<IReadOnlyList<string>> lines) => string.Concat(lines.Select(line => string.Join(',', line.Select(CsvField.Of)) + "\n"));
}

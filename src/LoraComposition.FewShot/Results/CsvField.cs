namespace LoraComposition.FewShot.Results;

/// <summary>One field of a CSV file, as RFC 4180 has it.</summary>
internal static class CsvField
{
    /// <summary>Puts a value between quotes where it holds a comma, a quote or the end of a line, and doubles its quotes.</summary>
    /// <param name="value">The value.</param>
    /// <returns>The field.</returns>
    public static string Of(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return value.AsSpan().IndexOfAny(",\"\r\n") < 0 ? value : $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}

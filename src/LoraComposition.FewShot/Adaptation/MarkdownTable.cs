using System.Text;

namespace LoraComposition.FewShot;

/// <summary>Markdown tables, padded so that they also read well as plain text.</summary>
public static class MarkdownTable
{
    /// <summary>A table of cells that are Markdown already; the first column stands left, the others right.</summary>
    /// <param name="header">The cells of the first line.</param>
    /// <param name="rows">The other lines, each with as many cells.</param>
    /// <returns>The lines, each ended by LF.</returns>
    public static string Of(IReadOnlyList<string> header, IEnumerable<IReadOnlyList<string>> rows)
    {
        ArgumentNullException.ThrowIfNull(header);
        ArgumentNullException.ThrowIfNull(rows);
        List<IReadOnlyList<string>> lines = [header, .. rows];
        int[] widths = [.. header.Select((_, column) => Math.Max(3, lines.Max(line => line[column].Length)))];
        lines.Insert(1, [.. widths.Select((width, column) => column == 0 ? new string('-', width) : new string('-', width - 1) + ':')]);
        var text = new StringBuilder();
        foreach (var line in lines)
        {
            text.Append('|');
            for (int column = 0; column < widths.Length; column++)
                text.Append(' ').Append(column == 0 ? line[column].PadRight(widths[column]) : line[column].PadLeft(widths[column])).Append(" |");
            text.Append('\n');
        }
        return text.ToString();
    }

    /// <summary>Makes a text a cell: a bar would end the cell, also the two of |Θ|, and a line break the row.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The cell.</returns>
    public static string Escape(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Replace("|", "\\|", StringComparison.Ordinal).ReplaceLineEndings(" ");
    }
}

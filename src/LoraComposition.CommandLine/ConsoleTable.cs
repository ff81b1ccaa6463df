using System.Text;
using LoraComposition.Experiments;
using Spectre.Console;
using Spectre.Console.Rendering;
using CellText = Spectre.Console.Text;

namespace LoraComposition.CommandLine;

/// <summary>
/// A table on the console: with lines and the highest of a column in bold on a terminal; where the output goes into a file or another program, columns of plain
/// text between two spaces, with a star after the highest. Texts are shown as they are.
/// </summary>
public sealed class ConsoleTable
{
    const string Gap = "  ", Mark = "*", Legend = "* the highest of its column";

    readonly IReadOnlyList<string> header;
    readonly List<IReadOnlyList<SummaryGrid.Cell>> rows = [];

    /// <summary>A table without rows.</summary>
    /// <param name="header">The titles of the columns.</param>
    public ConsoleTable(params IReadOnlyList<string> header)
    {
        ArgumentNullException.ThrowIfNull(header);
        this.header = [.. header.Select(OneLine)];
    }

    /// <summary>The number of columns that stand left; the others stand right. Default 1.</summary>
    public int LeftColumns { get; init; } = 1;

    /// <summary>The table of a grid.</summary>
    /// <param name="grid">The grid.</param>
    /// <returns>The table.</returns>
    public static ConsoleTable Of(SummaryGrid grid)
    {
        ArgumentNullException.ThrowIfNull(grid);
        var table = new ConsoleTable(grid.Header);
        foreach (var row in grid.Rows) table.Add(row);
        return table;
    }

    /// <summary>Adds a row.</summary>
    /// <param name="cells">A text for each column.</param>
    /// <exception cref="ArgumentException">There are more or fewer.</exception>
    public void AddRow(params IReadOnlyList<string> cells)
    {
        ArgumentNullException.ThrowIfNull(cells);
        Add([.. cells.Select(text => new SummaryGrid.Cell(text))]);
    }

    /// <summary>Writes the table to standard output.</summary>
    public void Write() => Write(AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) }));

    /// <summary>Writes the table.</summary>
    /// <param name="console">The console.</param>
    public void Write(IAnsiConsole console)
    {
        ArgumentNullException.ThrowIfNull(console);
        // Without a width to wrap at, and without bold, lines are worth nothing.
        if (console.Profile.Out.IsTerminal && console.Profile.Capabilities.Ansi) console.Write(Drawn());
        else console.Profile.Out.Writer.Write(Plain());
    }

    void Add(IReadOnlyList<SummaryGrid.Cell> cells)
    {
        if (cells.Count != header.Count) throw new ArgumentException($"Expected a cell for each of {header.Count} columns, found {cells.Count}.", nameof(cells));
        rows.Add([.. cells.Select(cell => cell with { Text = OneLine(cell.Text) })]);
    }

    Table Drawn()
    {
        var table = new Table().RoundedBorder();
        foreach (var (column, title) in header.Index())
        {
            var drawn = new TableColumn(new CellText(title));
            table.AddColumn(column < LeftColumns ? drawn : drawn.RightAligned());
        }
        foreach (var row in rows) table.AddRow(row.Select(cell => new CellText(cell.Text, cell.Best ? new Style(decoration: Decoration.Bold) : Style.Plain)));
        return table;
    }

    // Not Spectre's table without borders: it fills every line with blanks to the width of the table, has no rule below the titles, and wraps at 80 columns in a file.
    string Plain()
    {
        // Numbers stay one below the other: beside a star there is a space in every other cell of the column.
        bool[] marked = [.. header.Select((_, column) => rows.Any(row => row[column].Best))];
        List<string[]> lines = [[.. header.Select((title, column) => Shown(new(title), marked[column]))], .. rows.Select(row => row.Select((cell, column) => Shown(cell, marked[column])).ToArray())];
        int[] widths = [.. header.Select((_, column) => lines.Max(line => Width(line[column])))];
        lines.Insert(1, [.. widths.Select((width, column) => Shown(new(new string('-', marked[column] ? width - 1 : width)), marked[column]))]);
        var text = new StringBuilder();
        foreach (string[] line in lines) text.Append(string.Join(Gap, line.Select((cell, column) => Padded(cell, widths[column], column < LeftColumns))).TrimEnd()).Append('\n');
        if (marked.Contains(true)) text.Append(Legend).Append('\n');
        return text.ToString();
    }

    static string Shown(SummaryGrid.Cell cell, bool marked) => marked ? cell.Text + (cell.Best ? Mark : " ") : cell.Text;

    static string Padded(string cell, int width, bool left)
    {
        string space = new(' ', width - Width(cell));
        return left ? cell + space : space + cell;
    }

    // As many columns of a terminal as the text takes: 0 for a combining mark, 2 for a Chinese character.
    static int Width(string text) => new Segment(text).CellCount();

    static string OneLine(string text) => text.ReplaceLineEndings(" ");
}

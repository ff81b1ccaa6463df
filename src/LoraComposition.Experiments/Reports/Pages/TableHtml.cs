namespace LoraComposition.Experiments;

/// <summary>Tables of a page, each in a box of its own that scrolls where it is too wide.</summary>
static class TableHtml
{
    public static Html Of(ReportTable table) => Of(table.Caption, table.Header, Html.Each(table.Rows, row => Row(row[0].Text, Html.Each(row.Skip(1), Cell))));

    /// <summary>A table of names and values.</summary>
    public static Html OfPairs(string caption, string header, IEnumerable<(string Name, string Value)> pairs) =>
        Of(caption, ["", header], Html.Each(pairs, pair => Row(pair.Name, Html.Of($"<td class=\"hash\">{pair.Value}</td>"))), left: true);

    /// <summary>A table whose body is made already.</summary>
    /// <param name="caption">What it holds.</param>
    /// <param name="header">The names of the columns.</param>
    /// <param name="body">Rows.</param>
    /// <param name="left">Whether the names of all columns stand left, over texts.</param>
    public static Html Of(string caption, IReadOnlyList<string> header, Html body, bool left = false) => Html.Of($"""
        <div class="box{(left ? " left" : "")}" tabindex="0" role="region" aria-label="{caption}"><table>
        <caption>{caption}</caption>
        <thead><tr>{Html.Each(header, name => Html.Of($"<th scope=\"col\">{name}</th>"))}</tr></thead>
        <tbody>
        {body}</tbody></table></div>

        """);

    /// <summary>A row of a body.</summary>
    public static Html Row(string name, Html cells) => Html.Of($"<tr><th scope=\"row\">{name}</th>{cells}</tr>\n");

    static Html Cell(SummaryGrid.Cell cell) => cell.Best ? Html.Of($"<td><strong>{cell.Text}</strong></td>") : Html.Of($"<td>{cell.Text}</td>");
}

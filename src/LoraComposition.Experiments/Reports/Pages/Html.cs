using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Xml.Linq;

namespace LoraComposition.Experiments;

/// <summary>A piece of a page. What stands in the code is markup; what is filled in is text and escaped, unless it is a piece itself.</summary>
sealed class Html
{
    readonly string markup;

    Html(string markup) => this.markup = markup;

    public static Html Empty { get; } = new("");

    /// <summary>A piece from an interpolated string.</summary>
    public static Html Of(Interpolation content) => new(content.Markup);

    /// <summary>Markup that this library made and escaped elsewhere, for example a drawing.</summary>
    public static Html Made(string markup) => new(markup);

    public static Html Join(IEnumerable<Html> pieces) => new(string.Concat(pieces.Select(piece => piece.markup)));

    /// <summary>A piece for each item, one after the other.</summary>
    public static Html Each<T>(IEnumerable<T> items, Func<T, Html> piece) => Join(items.Select(piece));

    public override string ToString() => markup;

    /// <summary>Collects the parts of an interpolated string.</summary>
    [InterpolatedStringHandler]
    public readonly struct Interpolation(int literalLength, int formattedCount)
    {
        readonly StringBuilder text = new(literalLength + 16 * formattedCount);

        public string Markup => text.ToString();

        public void AppendLiteral(string markup) => text.Append(markup);

        public void AppendFormatted(Html piece) => text.Append(piece.markup);

        public void AppendFormatted(string value) => text.Append(MarkupText.Escape(value));

        public void AppendFormatted(int value) => text.Append(CultureInfo.InvariantCulture, $"{value}");
    }
}

/// <summary>Tables of a page, each in a box of its own that scrolls where it is too wide.</summary>
static class TableHtml
{
    public static Html Of(ReportTable table) => Html.Of($"""
        {Of(table.Caption, table.Header, Html.Each(table.Rows, row => Row(row[0].Text, Html.Each(row.Skip(1), Cell))))}{Html.Each(table.Notes, note => Html.Of($"<p class=\"note\">{note}</p>\n"))}
        """);

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

/// <summary>Figures of a page, with their numbers folded below.</summary>
static class FigureHtml
{
    /// <summary>A figure.</summary>
    /// <param name="figure">The figure.</param>
    /// <param name="section">The id of the experiment's section.</param>
    public static Html Of(ReportFigure figure, string section) => Html.Of($"""
        <div class="box{Width(figure)}" tabindex="0">{InlineSvg.Of(figure.Svg(), $"{section}-{figure.Name}", figure.Description)}</div>
        {(figure.Numbers is { } numbers ? Html.Of($"<details><summary>The numbers as a table</summary>{TableHtml.Of(numbers)}</details>") : Html.Empty)}

        """);

    // On a phone plots and narrow drawings shrink to its width; wider drawings would no longer be readable and scroll.
    static string Width(ReportFigure figure) => figure switch
    {
        PlotFigure => " plot",
        DrawnFigure { Drawing.Width: < 560 } => " narrow",
        _ => "",
    };
}

/// <summary>An SVG document as a part of a page.</summary>
static class InlineSvg
{
    /// <summary>Makes it scale with the page, describes it for those who do not see it, and tells its names from those of the page's other figures.</summary>
    /// <param name="document">The document.</param>
    /// <param name="id">A name that no other figure of the page has.</param>
    /// <param name="description">What it shows.</param>
    public static Html Of(string document, string id, string description)
    {
        var svg = XDocument.Parse(document, LoadOptions.PreserveWhitespace).Root!;
        svg.SetAttributeValue("viewBox", $"0 0 {svg.Attribute("width")!.Value} {svg.Attribute("height")!.Value}");
        svg.SetAttributeValue("role", "img");
        svg.SetAttributeValue("aria-label", description);
        var names = svg.DescendantsAndSelf().Attributes("id").ToArray();
        foreach (var name in names)
        {
            string old = $"url(#{name.Value})", now = $"url(#{id}-{name.Value})";
            foreach (var use in svg.Descendants().Attributes().Where(a => a.Value == old)) use.Value = now;
            name.Value = $"{id}-{name.Value}";
        }
        return Html.Made(svg.ToString(SaveOptions.DisableFormatting));
    }
}

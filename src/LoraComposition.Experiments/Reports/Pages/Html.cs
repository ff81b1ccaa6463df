using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

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

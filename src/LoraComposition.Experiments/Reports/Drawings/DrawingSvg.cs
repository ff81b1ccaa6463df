using System.Globalization;
using System.Text;

namespace LoraComposition.Experiments;

/// <summary>A drawing as an SVG document.</summary>
static class DrawingSvg
{
    public static string Of(Drawing drawing)
    {
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Number(drawing.Width)}\" height=\"{Number(drawing.Height)}\" font-family=\"{DrawingFont.Family}\">\n");
        svg.Append("<rect width=\"100%\" height=\"100%\" fill=\"#FFFFFF\"/>\n");
        foreach (var shape in drawing.Shapes) svg.Append(Element(shape)).Append('\n');
        return svg.Append("</svg>\n").ToString();
    }

    static string Element(Shape shape) => shape switch
    {
        RectangleShape r => $"<rect x=\"{Number(r.X)}\" y=\"{Number(r.Y)}\" width=\"{Number(r.Width)}\" height=\"{Number(r.Height)}\" fill=\"{r.Fill}\"/>",
        LineShape l => $"<line x1=\"{Number(l.X1)}\" y1=\"{Number(l.Y1)}\" x2=\"{Number(l.X2)}\" y2=\"{Number(l.Y2)}\" stroke=\"{l.Color}\" stroke-width=\"{Number(l.Width)}\"/>",
        TextShape t => $"<text x=\"{Number(t.X)}\" y=\"{Number(t.Y)}\" font-size=\"{Number(t.Size)}\" fill=\"{t.Color}\"{Anchor(t.Anchor)}{(t.Upright ? $" transform=\"rotate(-90 {Number(t.X)} {Number(t.Y)})\"" : "")}>{MarkupText.Escape(t.Text)}</text>",
        _ => throw new ArgumentException($"No SVG is known for {shape.GetType().Name}.", nameof(shape)),
    };

    static string Anchor(TextAnchor anchor) => anchor switch
    {
        TextAnchor.Start => "",
        TextAnchor.Middle => " text-anchor=\"middle\"",
        _ => " text-anchor=\"end\"",
    };

    static string Number(double value) => Math.Round(value, 2).ToString(CultureInfo.InvariantCulture);
}

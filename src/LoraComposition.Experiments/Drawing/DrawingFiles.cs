using System.Globalization;
using System.Text;
using ScottPlot;
using SkiaSharp;

namespace LoraComposition.Experiments;

/// <summary>A drawing as PNG, with two pixels for each CSS pixel.</summary>
static class DrawingPng
{
    const int Scale = 2;

    public static byte[] Of(Drawing drawing)
    {
        using var surface = SKSurface.Create(new SKImageInfo((int)Math.Ceiling(Scale * drawing.Width), (int)Math.Ceiling(Scale * drawing.Height)));
        var canvas = surface.Canvas;
        canvas.Clear(SKColors.White);
        canvas.Scale(Scale);
        using var paint = new SKPaint { IsAntialias = true };
        foreach (var shape in drawing.Shapes) Draw(canvas, paint, shape);
        using var image = surface.Snapshot();
        using var data = image.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    static void Draw(SKCanvas canvas, SKPaint paint, Shape shape)
    {
        switch (shape)
        {
            case RectangleShape r:
                paint.Color = SKColor.Parse(r.Fill);
                canvas.DrawRect((float)r.X, (float)r.Y, (float)r.Width, (float)r.Height, paint);
                break;
            case LineShape l:
                (paint.Color, paint.StrokeWidth) = (SKColor.Parse(l.Color), (float)l.Width);
                canvas.DrawLine((float)l.X1, (float)l.Y1, (float)l.X2, (float)l.Y2, paint);
                break;
            case TextShape t:
                paint.Color = SKColor.Parse(t.Color);
                using (var font = DrawingFont.Of(t.Size))
                {
                    canvas.Save();
                    canvas.Translate((float)t.X, (float)t.Y);
                    if (t.Upright) canvas.RotateDegrees(-90);
                    canvas.DrawText(t.Text, 0, 0, t.Anchor switch
                    {
                        TextAnchor.Start => SKTextAlign.Left,
                        TextAnchor.Middle => SKTextAlign.Center,
                        _ => SKTextAlign.Right
                    }, font, paint);
                    canvas.Restore();
                }
                break;
            default:
                throw new ArgumentException($"No picture is known for {shape.GetType().Name}.", nameof(shape));
        }
    }
}

/// <summary>A drawing as an SVG document.</summary>
static class DrawingSvg
{
    public static string Of(Drawing drawing)
    {
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Number(drawing.Width)}\" height=\"{Number(drawing.Height)}\" font-family=\"{DrawingFont.Family}\">\n");
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

/// <summary>The font of the drawings: the one of the plots.</summary>
static class DrawingFont
{
    public const string Family = "DejaVu Sans, Verdana, sans-serif";

    /// <summary>A font to draw with. The caller disposes it; the typeface is ScottPlot's.</summary>
    public static SKFont Of(double size) => new(Fonts.GetTypeface(PlotFont.Name, FontWeight.Normal, FontSlant.Upright, FontSpacing.Normal), (float)size);

    /// <summary>How wide a text is.</summary>
    public static double Width(string text, double size = 12)
    {
        using var font = Of(size);
        return font.MeasureText(text);
    }

    /// <summary>A text that is no wider than this: its end is left out where it must be.</summary>
    public static string Fit(string text, double width, double size = 12)
    {
        if (Width(text, size) <= width) return text;
        int length = text.Length;
        while (length > 1 && Width(text[..length] + "…", size) > width) length--;
        // Half of a surrogate pair is no text.
        return text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)] + "…";
    }
}

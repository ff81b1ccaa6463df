namespace LoraComposition.Experiments;

/// <summary>A figure as a list of shapes on white, which becomes SVG or PNG.</summary>
/// <remarks>
/// Curves and points are ScottPlot's (<see cref="PlotSheet"/>). Heat maps, gains and reliability take their size from their names and numbers; a ScottPlot has a size
/// given to it, in which long names of modules are cut off, and its heat map of 24 × 9 cells is an SVG of 108 kB with the cells as a picture; this one has 37 kB.
/// </remarks>
sealed class Drawing
{
    public const string Ink = "#1A1A1A";

    readonly List<Shape> shapes = [];

    public double Width { get; set; }

    public double Height { get; set; }

    public IReadOnlyList<Shape> Shapes => shapes;

    public void Rectangle(double x, double y, double width, double height, string fill) => shapes.Add(new RectangleShape(x, y, width, height, fill));

    public void Line(double x1, double y1, double x2, double y2, string color = Ink, double width = 1) => shapes.Add(new LineShape(x1, y1, x2, y2, color, width));

    public void Text(double x, double y, string text, double size = 12, TextAnchor anchor = TextAnchor.Start, string color = Ink, bool upright = false) =>
        shapes.Add(new TextShape(x, y, text, size, anchor, color, upright));
}

/// <summary>One thing that is drawn. Lengths are CSS pixels from the upper left corner; colours are <c>#RRGGBB</c>.</summary>
abstract record Shape
{
    private protected Shape()
    {
    }
}

/// <summary>A filled rectangle.</summary>
sealed record RectangleShape(double X, double Y, double Width, double Height, string Fill) : Shape;

/// <summary>A straight line.</summary>
sealed record LineShape(double X1, double Y1, double X2, double Y2, string Color, double Width) : Shape;

/// <summary>A line of text, at its baseline; an upright one reads from below to above.</summary>
sealed record TextShape(double X, double Y, string Text, double Size, TextAnchor Anchor, string Color, bool Upright) : Shape;

/// <summary>Which part of a text stands at its position.</summary>
enum TextAnchor
{
    Start,
    Middle,
    End,
}

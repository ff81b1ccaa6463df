namespace LoraComposition.Experiments;

/// <summary>A figure as a list of shapes on white, which becomes SVG or PNG.</summary>
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

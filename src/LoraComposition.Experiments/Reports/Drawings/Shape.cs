namespace LoraComposition.Experiments;

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

using ScottPlot;
using SkiaSharp;

namespace LoraComposition.Experiments;

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

using System.Globalization;

namespace LoraComposition.Experiments;

/// <summary>From numbers to colours that the colour-blind can tell apart: pale to dark blue, or from a middle that is nearly white to orange below and to blue above.</summary>
sealed class HeatScale
{
    static readonly (int R, int G, int B)[] blues = [(247, 251, 255), (222, 235, 247), (198, 219, 239), (158, 202, 225), (107, 174, 214), (66, 146, 198), (33, 113, 181), (8, 81, 156), (8, 48, 107)];
    static readonly (int R, int G, int B)[] orangeToBlue = [(179, 88, 6), (224, 130, 20), (253, 184, 99), (254, 224, 182), (247, 247, 247), (209, 229, 240), (146, 197, 222), (67, 147, 195), (33, 102, 172)];

    readonly (int R, int G, int B)[] stops;

    HeatScale(double least, double? middle, double most) => (Least, Middle, Most, stops) = (least, middle, most, middle is null ? blues : orangeToBlue);

    /// <summary>The number of the first colour.</summary>
    public double Least { get; }

    /// <summary>The number that is nearly white; null where pale stands for <see cref="Least"/>.</summary>
    public double? Middle { get; }

    /// <summary>The number of the last colour.</summary>
    public double Most { get; }

    /// <summary>For fractions from 0 to 1, for other positive numbers from 0 to the largest, else from the least to the largest.</summary>
    public static HeatScale Of(IEnumerable<double> values)
    {
        double least = double.PositiveInfinity, most = double.NegativeInfinity;
        foreach (double value in values) (least, most) = (Math.Min(least, value), Math.Max(most, value));
        return least >= 0 && most <= 1 ? new(0, null, 1) : new(Math.Min(0, least), null, most);
    }

    /// <summary>For weights of modules: the uniform weight is the middle, so that a colour says what was learned.</summary>
    /// <param name="modules">The number of modules.</param>
    /// <param name="values">The weights.</param>
    public static HeatScale OfWeights(int modules, IEnumerable<double> values)
    {
        double least = 0, most = 2.0 / modules;
        foreach (double value in values) (least, most) = (Math.Min(least, value), Math.Max(most, value));
        return new(least, 1.0 / modules, most);
    }

    public string Color(double value)
    {
        var (r, g, b) = At(value);
        return string.Create(CultureInfo.InvariantCulture, $"#{r:X2}{g:X2}{b:X2}");
    }

    /// <summary>What can be read on that colour: black or white.</summary>
    public string InkOn(double value)
    {
        var (r, g, b) = At(value);
        return 0.299 * r + 0.587 * g + 0.114 * b < 140 ? "#FFFFFF" : Drawing.Ink;
    }

    (int R, int G, int B) At(double value)
    {
        double place = Part(value) * (stops.Length - 1);
        int below = Math.Min((int)place, stops.Length - 2);
        var (a, b) = (stops[below], stops[below + 1]);
        int Mix(int from, int to) => (int)Math.Round(from + (to - from) * (place - below));
        return (Mix(a.R, b.R), Mix(a.G, b.G), Mix(a.B, b.B));
    }

    double Part(double value) => Middle is { } middle
        ? value < middle ? 0.5 * Share(value, Least, middle) : 0.5 + 0.5 * Share(value, middle, Most)
        : Share(value, Least, Most);

    static double Share(double value, double from, double to)
    {
        // Halved, so that the span of the largest numbers is finite.
        double span = to / 2 - from / 2;
        return span > 0 ? Math.Clamp((value / 2 - from / 2) / span, 0, 1) : 0.5;
    }
}

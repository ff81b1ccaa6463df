using System.Globalization;

namespace LoraComposition.Experiments;

/// <summary>Draws a matrix: a cell for each number, the number in it, and the scale below.</summary>
static class HeatMap
{
    const double Margin = 8, RowHeight = 20, LongestLabel = 180, LongestUpright = 110, NumberSize = 11, ScaleWidth = 144, Narrow = 54, Narrowest = 28, Wide = 130;

    /// <summary>Draws it.</summary>
    /// <param name="matrix">The matrix.</param>
    /// <param name="scale">The colours of its numbers.</param>
    /// <param name="text">What stands in the cell of a row and a column; its number where not given.</param>
    public static Drawing Draw(LayerMatrix matrix, HeatScale scale, Func<int, int, string>? text = null)
    {
        var drawing = new Drawing();
        string[] rows = [.. matrix.Rows.Select(name => DrawingFont.Fit(name, LongestLabel))],
            columns = [.. matrix.Columns.Select(name => DrawingFont.Fit(name, LongestLabel))];
        double left = Margin + rows.Max(name => DrawingFont.Width(name)) + 8, longest = columns.Max(name => DrawingFont.Width(name));
        // Texts may be shorter than numbers.
        double narrow = text is null ? Narrow : Math.Max(Narrowest, WidestText(matrix, text) + 10);
        // Names that would make the columns wide stand upright.
        bool upright = longest + 12 > (columns.Length <= 6 ? Wide : narrow);
        if (upright)
        {
            columns = [.. columns.Select(name => DrawingFont.Fit(name, LongestUpright))];
            longest = columns.Max(name => DrawingFont.Width(name));
        }
        double cell = upright ? narrow : Math.Max(narrow, longest + 12), top = Margin + 24 + (upright ? longest + 8 : 18);
        drawing.Text(Margin, Margin + 14, matrix.Title, 14);
        for (int column = 0; column < columns.Length; column++)
        {
            double middle = left + (column + 0.5) * cell;
            if (upright) drawing.Text(middle + 4, top - 6, columns[column], upright: true);
            else drawing.Text(middle, top - 6, columns[column], anchor: TextAnchor.Middle);
        }
        for (int row = 0; row < rows.Length; row++)
        {
            double y = top + row * RowHeight;
            drawing.Text(left - 8, y + 14, rows[row], anchor: TextAnchor.End);
            for (int column = 0; column < columns.Length; column++)
            {
                double value = matrix.Values[row][column];
                drawing.Rectangle(left + column * cell, y, cell - 1, RowHeight - 1, scale.Color(value));
                drawing.Text(left + (column + 0.5) * cell, y + 14, text?.Invoke(row, column) ?? Number(value), NumberSize, TextAnchor.Middle, scale.InkOn(value));
            }
        }
        double below = top + rows.Length * RowHeight + 10;
        DrawScale(drawing, scale, left, below);
        drawing.Width = Math.Max(left + columns.Length * cell, Math.Max(Margin + DrawingFont.Width(matrix.Title, 14), left + ScaleWidth)) + Margin;
        drawing.Height = below + 28 + Margin;
        return drawing;
    }

    static double WidestText(LayerMatrix matrix, Func<int, int, string> text) =>
        Enumerable.Range(0, matrix.Rows.Count).Max(row => Enumerable.Range(0, matrix.Columns.Count).Max(column => DrawingFont.Width(text(row, column), NumberSize)));

    /// <summary>A number that fits into a cell.</summary>
    public static string Number(double value) => Math.Abs(value) is 0 or (>= 0.001 and < 1000)
        ? value.ToString(Math.Abs(value) < 10 ? "F3" : "F1", CultureInfo.InvariantCulture) : value.ToString("0.0e0", CultureInfo.InvariantCulture);

    static void DrawScale(Drawing drawing, HeatScale scale, double x, double y)
    {
        const int Steps = 24;
        double middle = scale.Middle ?? (scale.Least / 2 + scale.Most / 2);
        for (int step = 0; step < Steps; step++)
        {
            // The colours are even; the numbers are so on either side of the middle.
            double place = (step + 0.5) / Steps, value = place < 0.5 ? scale.Least + (middle - scale.Least) * 2 * place : middle
                + (scale.Most - middle) * (2 * place - 1);
            drawing.Rectangle(x + step * ScaleWidth / Steps, y, ScaleWidth / Steps, 12, scale.Color(value));
        }
        drawing.Text(x, y + 26, Number(scale.Least), NumberSize);
        if (scale.Middle is not null) drawing.Text(x + ScaleWidth / 2, y + 26, Number(middle), NumberSize, TextAnchor.Middle);
        drawing.Text(x + ScaleWidth, y + 26, Number(scale.Most), NumberSize, TextAnchor.End);
    }
}

/// <summary>
/// From numbers to colours that the colour-blind can tell apart: pale to dark blue, or from a middle that is nearly white to orange below and to blue above.
/// </summary>
sealed class HeatScale
{
    static readonly (int R, int G, int B)[] blues = [(247, 251, 255), (222, 235, 247), (198, 219, 239), (158, 202, 225), (107, 174, 214), (66, 146, 198),
        (33, 113, 181), (8, 81, 156), (8, 48, 107)];
    static readonly (int R, int G, int B)[] orangeToBlue = [(179, 88, 6), (224, 130, 20), (253, 184, 99), (254, 224, 182), (247, 247, 247), (209, 229, 240),
        (146, 197, 222), (67, 147, 195), (33, 102, 172)];

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

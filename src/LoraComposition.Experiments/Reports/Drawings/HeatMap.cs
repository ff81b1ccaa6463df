using System.Globalization;

namespace LoraComposition.Experiments;

/// <summary>Draws a matrix: a cell for each number, the number in it, and the scale below.</summary>
static class HeatMap
{
    const double Margin = 8, RowHeight = 20, LongestLabel = 180, LongestUpright = 110, NumberSize = 11, ScaleWidth = 144, Narrow = 54, Wide = 130;

    public static Drawing Draw(LayerMatrix matrix, HeatScale scale)
    {
        var drawing = new Drawing();
        string[] rows = [.. matrix.Rows.Select(name => DrawingFont.Fit(name, LongestLabel))], columns = [.. matrix.Columns.Select(name => DrawingFont.Fit(name, LongestLabel))];
        double left = Margin + rows.Max(name => DrawingFont.Width(name)) + 8, longest = columns.Max(name => DrawingFont.Width(name));
        // Names that would make the columns wide stand upright.
        bool upright = longest + 12 > (columns.Length <= 6 ? Wide : Narrow);
        if (upright)
        {
            columns = [.. columns.Select(name => DrawingFont.Fit(name, LongestUpright))];
            longest = columns.Max(name => DrawingFont.Width(name));
        }
        double cell = upright ? Narrow : Math.Max(Narrow, longest + 12), top = Margin + 24 + (upright ? longest + 8 : 18);
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
                drawing.Text(left + (column + 0.5) * cell, y + 14, Number(value), NumberSize, TextAnchor.Middle, scale.InkOn(value));
            }
        }
        double below = top + rows.Length * RowHeight + 10;
        DrawScale(drawing, scale, left, below);
        drawing.Width = Math.Max(left + columns.Length * cell, Math.Max(Margin + DrawingFont.Width(matrix.Title, 14), left + ScaleWidth)) + Margin;
        drawing.Height = below + 28 + Margin;
        return drawing;
    }

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
            double place = (step + 0.5) / Steps, value = place < 0.5 ? scale.Least + (middle - scale.Least) * 2 * place : middle + (scale.Most - middle) * (2 * place - 1);
            drawing.Rectangle(x + step * ScaleWidth / Steps, y, ScaleWidth / Steps, 12, scale.Color(value));
        }
        drawing.Text(x, y + 26, Number(scale.Least), NumberSize);
        if (scale.Middle is not null) drawing.Text(x + ScaleWidth / 2, y + 26, Number(middle), NumberSize, TextAnchor.Middle);
        drawing.Text(x + ScaleWidth, y + 26, Number(scale.Most), NumberSize, TextAnchor.End);
    }
}

using System.Globalization;
using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>Draws a confusion matrix: a row for each class that samples are of, coloured by the part of them that is given each class.</summary>
static class ConfusionFigure
{
    public const string Title = "Rows: the true class; columns: the class that is given; colour: the part of the row";

    const int MostWithNumbers = 25;
    const double Margin = 8, LargestMap = 960, LargestCell = 14, LeastWithNames = 9, NameSize = 9, LongestName = 180;

    // Nothing but colours tells rows of nothing from rows of few.
    const string Empty = "#F7FBFF";

    public static Drawing Draw(ClassificationEvaluation scores)
    {
        string[] names = [.. scores.Classes.Select(score => score.Name)];
        double[][] parts = [.. scores.Confusion.Select((row, label) => row.Select(count => count == 0 ? 0.0 : (double)count / scores.Classes[label].Support).ToArray())];
        var scale = HeatScale.Of([0, 1]);
        return names.Length <= MostWithNumbers
            ? HeatMap.Draw(new LayerMatrix(Title, names, names, parts), scale, (row, column) => Number(scores.Confusion[row][column]))
            : Dense(names, parts, scale);
    }

    static string Number(int count) => count == 0 ? "" : count.ToString(CultureInfo.InvariantCulture);

    // Of many classes the colours alone, in cells as large as there is room for; the numbers are in confusion.csv.
    static Drawing Dense(string[] names, double[][] parts, HeatScale scale)
    {
        var drawing = new Drawing();
        double cell = Math.Clamp(Math.Floor(LargestMap / names.Length), 1, LargestCell), side = cell * names.Length, left = Margin, top = Margin + 30;
        if (cell >= LeastWithNames)
        {
            string[] fitted = [.. names.Select(name => DrawingFont.Fit(name, LongestName, NameSize))];
            double longest = fitted.Max(name => DrawingFont.Width(name, NameSize)) + 6;
            (left, top) = (left + longest, top + longest);
            for (int i = 0; i < fitted.Length; i++)
            {
                double middle = (i + 0.5) * cell + NameSize / 3;
                drawing.Text(left - 4, top + middle, fitted[i], NameSize, TextAnchor.End);
                drawing.Text(left + middle, top - 4, fitted[i], NameSize, upright: true);
            }
        }
        drawing.Text(Margin, Margin + 14, Title, 14);
        drawing.Rectangle(left, top, side, side, Empty);
        for (int row = 0; row < names.Length; row++)
            for (int column = 0; column < names.Length; column++)
                if (parts[row][column] > 0) drawing.Rectangle(left + column * cell, top + row * cell, cell, cell, scale.Color(parts[row][column]));
        drawing.Width = Math.Max(left + side, Margin + DrawingFont.Width(Title, 14)) + Margin;
        drawing.Height = top + side + Margin;
        return drawing;
    }
}

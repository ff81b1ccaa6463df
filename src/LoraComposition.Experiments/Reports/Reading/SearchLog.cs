using System.Globalization;
using System.Text;
using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>Reads the log of a search for settings, <c>grid.csv</c>.</summary>
static class SearchLog
{
    const int LongestFile = 1 << 20;
    const string Header = "method,point,validation_accuracy,validation_loss,chosen";

    /// <summary>The lines as fields, the header first; none where there is no file.</summary>
    /// <exception cref="RunFileException">The file is no such log.</exception>
    public static IReadOnlyList<IReadOnlyList<string>> TryRead(string path)
    {
        if (!File.Exists(path)) return [];
        string[] lines = Encoding.UTF8.GetString(SmallFile.Read(path, LongestFile)).TrimEnd('\n').Split('\n');
        if (lines[0] != Header) throw Damaged(path, $"expected the first line {Header}");
        var fields = lines.Select(line => line.Split(',')).ToArray();
        for (int i = 1; i < fields.Length; i++)
            if (fields[i] is not [_, _, var accuracy, var loss, "yes" or "no"] || !IsNumber(accuracy) || !IsNumber(loss)) throw Damaged(path, $"line {i + 1}: expected a method, a point, two numbers and yes or no");
        return fields;
    }

    static bool IsNumber(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    static RunFileException Damaged(string path, string what) => new(path, $"expected the log of a search, but it is damaged: {what}. Delete the file to leave it out.");
}

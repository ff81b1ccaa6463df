using System.Text;
using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>A text file of one entry a line. Empty lines are passed over.</summary>
internal static class TextList
{
    /// <summary>The longest list, Food101's training part, has less than 2 MB.</summary>
    public const int MaxLength = 64 * 1024 * 1024;

    public static IReadOnlyList<(int Line, string Text)> Read(string file)
    {
        string text = Encoding.UTF8.GetString(DataFile.Read(file, MaxLength)).TrimStart('\uFEFF');
        return [.. text.Split('\n').Select((entry, i) => (i + 1, entry.Trim())).Where(entry => entry.Item2.Length > 0)];
    }

    /// <summary>Reads class names: the position among the lines is the label.</summary>
    public static Dictionary<string, int> ReadClasses(string file)
    {
        var classes = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (line, text) in Read(file))
        {
            if (!classes.TryAdd(text, classes.Count)) throw new DataException(file, $"line {line}: the class '{text}' is listed twice; list every class once.");
        }
        return classes.Count > 0 ? classes : throw new DataException(file, "expected a class name a line, found none.");
    }
}

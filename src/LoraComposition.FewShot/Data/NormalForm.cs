using System.Globalization;
using System.Text;

namespace LoraComposition.FewShot;

/// <summary>
/// Names in Unicode's composed form, NFC: macOS writes the accents of file names as characters of their own, other systems do not, and one name must be one class.
/// </summary>
/// <remarks>.NET's own <c>Normalize</c> does nothing where a program runs without ICU, as this project's do, so the tables of Unicode come along.</remarks>
internal static class NormalForm
{
    const int HangulFirst = 0xAC00, LeadFirst = 0x1100, VowelFirst = 0x1161, TrailFirst = 0x11A7, Leads = 19, Vowels = 21, Trails = 28;

    static readonly Lazy<Tables> tables = new(Tables.Read);

    /// <summary>A name in the composed form. Half of a surrogate pair stays as it is.</summary>
    public static string Of(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        // Nothing below the combining marks changes.
        if (name.AsSpan().IndexOfAnyInRange('\u0300', '\uFFFF') < 0) return name;
        var (points, classes) = Decompose(name);
        return Compose(points, classes);
    }

    static (List<int> Points, List<int> Classes) Decompose(string name)
    {
        var (points, classes) = (new List<int>(name.Length), new List<int>(name.Length));
        for (int i = 0; i < name.Length; i++)
        {
            int point = name[i];
            if (char.IsHighSurrogate(name[i]) && i + 1 < name.Length && char.IsLowSurrogate(name[i + 1])) point = char.ConvertToUtf32(name[i], name[++i]);
            if (point - HangulFirst is >= 0 and < Leads * Vowels * Trails and var syllable)
            {
                Add(LeadFirst + syllable / (Vowels * Trails));
                Add(VowelFirst + syllable % (Vowels * Trails) / Trails);
                if (syllable % Trails != 0) Add(TrailFirst + syllable % Trails);
            }
            else if (tables.Value.Decompositions.TryGetValue(point, out int[]? parts)) Array.ForEach(parts, Add);
            else Add(point);
        }
        return (points, classes);

        // Marks stand in the order of their classes, those of one class as they came.
        void Add(int point)
        {
            int mark = tables.Value.Classes.GetValueOrDefault(point), at = points.Count;
            while (mark > 0 && at > 0 && classes[at - 1] > mark) at--;
            points.Insert(at, point);
            classes.Insert(at, mark);
        }
    }

    static string Compose(List<int> points, List<int> classes)
    {
        var result = new List<int>(points.Count);
        int starter = -1, last = -1;   // last: the class of the mark before, -1 right behind the starter
        for (int i = 0; i < points.Count; i++)
        {
            if (starter >= 0 && last < classes[i] && Pair(result[starter], points[i]) is { } composed)
            {
                result[starter] = composed;
                continue;
            }
            if (classes[i] == 0) (starter, last) = (result.Count, -1);
            else last = classes[i];
            result.Add(points[i]);
        }
        var text = new StringBuilder(result.Count);
        foreach (int point in result)
        {
            if (point > char.MaxValue) text.Append(char.ConvertFromUtf32(point));
            else text.Append((char)point);
        }
        return text.ToString();
    }

    static int? Pair(int first, int second)
    {
        if (first - LeadFirst is >= 0 and < Leads and var lead && second - VowelFirst is >= 0 and < Vowels and var vowel)
            return HangulFirst + (lead * Vowels + vowel) * Trails;
        if (first - HangulFirst is >= 0 and < Leads * Vowels * Trails and var syllable && syllable % Trails == 0 && second - TrailFirst is > 0 and < Trails and var trail)
            return first + trail;
        return tables.Value.Pairs.TryGetValue((first, second), out int composed) ? composed : null;
    }

    /// <summary>What the resource holds, a line each: <c>d point part …</c>, <c>p first second composed</c> and <c>c class point …</c>, in hexadecimal.</summary>
    sealed record Tables(Dictionary<int, int[]> Decompositions, Dictionary<(int, int), int> Pairs, Dictionary<int, int> Classes)
    {
        public static Tables Read()
        {
            var read = new Tables([], [], []);
            using var stream = typeof(NormalForm).Assembly.GetManifestResourceStream("NormalForm.txt")!;
            using var lines = new StreamReader(stream, Encoding.ASCII);
            while (lines.ReadLine() is { } line)
            {
                int[] numbers = [.. line[2..].Split(' ').Select(number => int.Parse(number, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture))];
                if (line[0] == 'd') read.Decompositions.Add(numbers[0], numbers[1..]);
                else if (line[0] == 'p') read.Pairs.Add((numbers[0], numbers[1]), numbers[2]);
                else foreach (int point in numbers[1..]) read.Classes.Add(point, numbers[0]);
            }
            return read;
        }
    }
}

using System.Text;

namespace LoraComposition.Experiments.Tests.Data.Formats;

/// <summary>Numbers as a file stores them: MATLAB takes the smallest type that holds them all.</summary>
internal sealed record StoredNumbers(int Type, int Count, byte[] Bytes);

/// <summary>Small MATLAB files of level 5, not packed. That they are what SciPy writes is what the files in Fixtures/matlab are for.</summary>
internal static class TinyMat
{
    public static byte[] File(params (string Name, object Value)[] variables) =>
        [.. Encoding.ASCII.GetBytes("MATLAB 5.0 MAT-file, made up".PadRight(124)), 0, 1, (byte)'I', (byte)'M', .. variables.SelectMany(v => Array(v.Name, v.Value))];

    /// <summary>A structure array: one dictionary of values per structure.</summary>
    public static Dictionary<string, object>[] Cars(params (string File, double Class)[] cars) =>
        [.. cars.Select(c => new Dictionary<string, object> { ["bbox_x1"] = new[] { 7.0 }, ["class"] = new[] { c.Class }, ["fname"] = c.File })];

    static byte[] Array(string name, object value) => value switch
    {
        double[] numbers => Matrix(6, numbers.Length, name, Element(9, [.. numbers.SelectMany(BitConverter.GetBytes)])),
        StoredNumbers stored => Matrix(6, stored.Count, name, Element(stored.Type, stored.Bytes)),
        string text => Matrix(4, text.Length, name, Element(16, Encoding.UTF8.GetBytes(text))),
        object[] and not Dictionary<string, object>[] => Cells(name, (object[])value),
        Dictionary<string, object>[] structs => Structs(name, structs),
        _ => throw new ArgumentException($"There is no array of {value.GetType().Name}.", nameof(value)),
    };

    static byte[] Cells(string name, object[] items) => Matrix(1, items.Length, name, [.. items.SelectMany(i => Array("", i))]);

    static byte[] Structs(string name, Dictionary<string, object>[] structs)
    {
        string[] fields = [.. structs[0].Keys];
        byte[] names = [.. fields.SelectMany(f => Encoding.ASCII.GetBytes(f.PadRight(16, '\0')))];
        return Matrix(2, structs.Length, name, [.. Element(5, BitConverter.GetBytes(16)), .. Element(1, names), .. structs.SelectMany(s => fields.SelectMany(f => Array("", s[f])))]);
    }

    static byte[] Matrix(byte kind, int count, string name, byte[] content) => Element(14,
        [.. Element(6, [kind, 0, 0, 0, 0, 0, 0, 0]), .. Element(5, [.. BitConverter.GetBytes(1), .. BitConverter.GetBytes(count)]), .. Element(1, Encoding.ASCII.GetBytes(name)), .. content]);

    static byte[] Element(int type, byte[] content) => [.. BitConverter.GetBytes(type), .. BitConverter.GetBytes(content.Length), .. content, .. new byte[(8 - content.Length % 8) % 8]];
}

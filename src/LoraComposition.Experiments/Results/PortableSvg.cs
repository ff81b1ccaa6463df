using System.Text.RegularExpressions;

namespace LoraComposition.Experiments;

/// <summary>Makes the SVG that Skia writes show the same in every viewer, and the same picture the same text.</summary>
static partial class PortableSvg
{
    /// <summary>Drops the comma that Skia leaves at the end of the positions of letters, for which strict viewers ignore them, and names similar fonts.</summary>
    public static string Of(string svg) => Renumbered(FontFamily().Replace(LastComma().Replace(svg, "\""), "font-family=\"$1, Verdana, sans-serif\""));

    // Skia numbers its clips on from picture to picture of a process.
    static string Renumbered(string svg)
    {
        var names = new Dictionary<string, string>();
        return ClipName().Replace(svg, match => names.TryGetValue(match.Value, out string? name) ? name : names[match.Value] = $"cl_{names.Count}");
    }

    [GeneratedRegex(@"(?<=id=""|url\(#)cl_[0-9a-f]+", RegexOptions.CultureInvariant)]
    private static partial Regex ClipName();

    [GeneratedRegex(@"(?<=\s[xy]=""[-+0-9.e, ]*), """, RegexOptions.CultureInvariant)]
    private static partial Regex LastComma();

    [GeneratedRegex(@"font-family=""([^"",]+)""", RegexOptions.CultureInvariant)]
    private static partial Regex FontFamily();
}

using System.Text.RegularExpressions;

namespace LoraComposition.FewShot.Results;

/// <summary>Makes the SVG that Skia writes show the same in every viewer.</summary>
static partial class PortableSvg
{
    /// <summary>Drops the comma that Skia leaves at the end of the positions of letters, for which strict viewers ignore them, and names similar fonts.</summary>
    public static string Of(string svg) => FontFamily().Replace(LastComma().Replace(svg, "\""), "font-family=\"$1, Verdana, sans-serif\"");

    [GeneratedRegex(@"(?<=\s[xy]=""[-+0-9.e, ]*), """, RegexOptions.CultureInvariant)]
    private static partial Regex LastComma();

    [GeneratedRegex(@"font-family=""([^"",]+)""", RegexOptions.CultureInvariant)]
    private static partial Regex FontFamily();
}

using System.Xml.Linq;

namespace LoraComposition.Experiments;

/// <summary>An SVG document as a part of a page.</summary>
static class InlineSvg
{
    /// <summary>Makes it scale with the page, describes it for those who do not see it, and tells its names from those of the page's other figures.</summary>
    /// <param name="document">The document.</param>
    /// <param name="id">A name that no other figure of the page has.</param>
    /// <param name="description">What it shows.</param>
    public static Html Of(string document, string id, string description)
    {
        var svg = XDocument.Parse(document, LoadOptions.PreserveWhitespace).Root!;
        svg.SetAttributeValue("viewBox", $"0 0 {svg.Attribute("width")!.Value} {svg.Attribute("height")!.Value}");
        svg.SetAttributeValue("role", "img");
        svg.SetAttributeValue("aria-label", description);
        var names = svg.DescendantsAndSelf().Attributes("id").ToArray();
        foreach (var name in names)
        {
            string old = $"url(#{name.Value})", now = $"url(#{id}-{name.Value})";
            foreach (var use in svg.Descendants().Attributes().Where(a => a.Value == old)) use.Value = now;
            name.Value = $"{id}-{name.Value}";
        }
        return Html.Made(svg.ToString(SaveOptions.DisableFormatting));
    }
}

using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Documentation.Tests.Pages;

namespace Documentation.Tests.Site;

/// <summary>Checks the links of the generated site, where DOCUMENTATION_SITE names its folder: CI builds it first.</summary>
public partial class SiteTests
{
    const string Variable = "DOCUMENTATION_SITE";

    [Fact]
    public void Every_link_of_the_site_leads_somewhere()
    {
        string? site = Environment.GetEnvironmentVariable(Variable);
        Assert.SkipWhen(string.IsNullOrEmpty(site), $"{Variable} names no built site.");
        var pages = Directory.GetFiles(Path.GetFullPath(site), "*.html", SearchOption.AllDirectories).ToDictionary(file => file, File.ReadAllText);
        pages.Should().NotBeEmpty();
        var ids = pages.ToDictionary(page => page.Key, page => Id().Matches(page.Value).Select(id => WebUtility.HtmlDecode(id.Groups[1].Value)).ToHashSet());

        var broken = from page in pages
                     from link in Reference().Matches(page.Value)
                     let target = WebUtility.HtmlDecode(link.Groups[1].Value)
                     where !Scheme().IsMatch(target) && !LeadsSomewhere(page.Key, target, ids)
                     select $"{Path.GetRelativePath(site, page.Key)}: {target}";

        broken.Distinct().Should().BeEmpty();
    }

    [Fact]
    public void The_reference_shows_every_library_that_is_packed()
    {
        using var settings = JsonDocument.Parse(File.ReadAllText(Repository.At("docs/docfx.json")));
        var source = settings.RootElement.GetProperty("metadata")[0].GetProperty("src")[0];
        var shown = source.GetProperty("files").EnumerateArray().Select(file => file.GetString());
        var packed = from file in Directory.GetFiles(Repository.At("src"), "*.csproj", SearchOption.AllDirectories)
                     let project = File.ReadAllText(file)
                     where project.Contains("<IsPackable>true</IsPackable>") && !project.Contains("<PackAsTool>true</PackAsTool>")
                     select Path.GetFileNameWithoutExtension(file) + ".dll";

        packed.Should().HaveCountGreaterThan(2).And.BeSubsetOf(shown);
    }

    static bool LeadsSomewhere(string page, string target, Dictionary<string, HashSet<string>> ids)
    {
        string[] parts = Uri.UnescapeDataString(target).Split('#');
        string file = parts[0].Length == 0 ? page : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(page)!, parts[0].Split('?')[0]));
        if (Directory.Exists(file)) file = Path.Combine(file, "index.html");
        return parts.Length == 1 || parts[1].Length == 0 ? File.Exists(file) : ids.TryGetValue(file, out var found) && found.Contains(parts[1]);
    }

    [GeneratedRegex("""\s(?:href|src)="([^"]*)"[^>]*>""")]
    private static partial Regex Reference();

    [GeneratedRegex("""\s(?:id|name)="([^"]+)"[^>]*>""")]
    private static partial Regex Id();

    [GeneratedRegex("^(?:[a-z][a-z0-9+.-]*:|//)", RegexOptions.IgnoreCase)]
    private static partial Regex Scheme();
}

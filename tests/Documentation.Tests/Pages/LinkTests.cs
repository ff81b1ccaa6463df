namespace Documentation.Tests.Pages;

/// <summary>Links within the repository lead to files and headings that are there. Addresses on the net are not asked.</summary>
public class LinkTests
{
    [Fact]
    public void Every_link_leads_somewhere() =>
        Repository.Pages.SelectMany(page => page.Links.Select(link => (link.Line, Problem: Problem(page, link.Target), page.Path, link.Target)))
            .Where(link => link.Problem is not null).Select(link => $"{link.Path}:{link.Line} {link.Target}: {link.Problem}").Should().BeEmpty();

    [Fact]
    public void Every_page_of_the_site_is_in_its_contents()
    {
        const string Entry = "href: ";
        var listed = File.ReadLines(Repository.At("docs/toc.yml")).Select(line => line.Trim()).Where(line => line.StartsWith(Entry, StringComparison.Ordinal)).Select(line => line[Entry.Length..]).ToArray();

        listed.Should().OnlyContain(page => File.Exists(Path.Combine(Repository.At("docs"), page)));
        Repository.PagePaths.Where(page => page.StartsWith("docs/", StringComparison.Ordinal) && page != "docs/index.md").Select(page => page["docs/".Length..]).Should().BeSubsetOf(listed);
    }

    [Theory]
    [InlineData("docs/composition.md", null)]
    [InlineData("docs/composition.md#what-it-costs", null)]
    [InlineData("#what-works", null)]
    [InlineData("https://example.org/nothing", null)]
    [InlineData("docs/no-such-page.md", "there is no such file")]
    [InlineData("docs/composition.md#no-such-heading", "the page has no such heading")]
    [InlineData("docs/Composition.md", "there is no such file")]
    [InlineData("../outside.md", "it leaves the repository")]
    public void A_broken_link_is_seen(string target, string? problem) => Problem(MarkdownPage.Read("README.md"), target).Should().Be(problem);

    static string? Problem(MarkdownPage page, string target)
    {
        if (Uri.TryCreate(target, UriKind.Absolute, out var address) && !address.IsFile) return null;
        string[] parts = Uri.UnescapeDataString(target).Split('#');
        string file = parts[0].Length == 0 ? Repository.At(page.Path) : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Repository.At(page.Path))!, parts[0]));
        string path = Path.GetRelativePath(Repository.Root, file).Replace('\\', '/');
        if (path.StartsWith("..", StringComparison.Ordinal)) return "it leaves the repository";
        if (Directory.Exists(file) && parts.Length == 1) return null;
        // A file system may pass over the case of letters; the site does not.
        if (!File.Exists(file) || !Directory.GetFiles(Path.GetDirectoryName(file)!).Contains(file)) return "there is no such file";
        return parts.Length == 1 || MarkdownPage.Read(path).Anchors.Contains(parts[1]) ? null : "the page has no such heading";
    }
}

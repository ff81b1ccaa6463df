using System.Text.Json;
using System.Xml.Linq;

namespace Documentation.Tests.Pages;

/// <summary>A block says what it is, so that the right test takes it up; what is data can be parsed.</summary>
public class CodeBlockTests
{
    /// <summary><c>csharp</c> is compiled and run (SnippetTests), <c>sh</c> is run (CommandTests), <c>text</c> is what a program prints or a formula.</summary>
    static readonly string[] languages = ["csharp", "sh", "json", "xml", "text"];

    static readonly string[] needs = ["data", "gpu", "time", "packages"];

    static IEnumerable<CodeBlock> Blocks => Repository.Pages.SelectMany(page => page.Blocks);

    [Fact]
    public void Every_block_says_what_it_is() =>
        Blocks.Where(block => !languages.Contains(block.Language)).Select(block => $"{block.Place} '{block.Language}'").Should().BeEmpty("a code block is one of {0}", string.Join(", ", languages));

    [Fact]
    public void Only_commands_need_something_and_they_say_what() =>
        Blocks.Where(block => block.Needs is not null && (block.Language != "sh" || !needs.Contains(block.Needs))).Select(block => $"{block.Place} needs {block.Needs}").Should().BeEmpty();

    [Fact]
    public void Data_can_be_parsed()
    {
        foreach (var block in Blocks.Where(block => block.Language is "json" or "xml"))
        {
            Action parse = block.Language == "json" ? () => JsonDocument.Parse(block.Text).Dispose() : () => XElement.Parse($"<block>{block.Text}</block>");
            parse.Should().NotThrow("{0} is {1}", block.Place, block.Language);
        }
    }

    [Fact]
    public void A_block_and_its_mark_are_found()
    {
        var page = MarkdownPage.Parse("page.md", ["# A `b` (c)", "<!-- needs: gpu -->", "", "```sh", "one", "```", "- item", "  ```text", "  two", "  ```", "[x](y.md#z)", "`[no](link)`", "## A b c"]);

        page.Blocks.Select(block => (block.Line, block.Language, block.Needs, block.Text)).Should().Equal((4, "sh", "gpu", "one"), (8, "text", null, "two"));
        page.Links.Should().Equal((11, "y.md#z"));
        page.Anchors.Should().Equal("a-b-c", "a-b-c-1");
    }
}

using Documentation.Tests.Pages;

namespace Documentation.Tests.Snippets;

/// <summary>
/// The C# of the pages, and of the examples in the sources' documentation, is that of the regions in this folder's files, which are tests: compiled and run. No
/// other C# is shown, and no region is left over.
/// </summary>
public class SnippetTests
{
    const string Start = "#region ", End = "#endregion";

    static readonly Dictionary<string, string> regions = Directory.GetFiles(Repository.At("tests/Documentation.Tests/Snippets"), "*.cs")
        .Where(file => Path.GetFileName(file) != nameof(SnippetTests) + ".cs").SelectMany(file => RegionsOf(File.ReadAllLines(file))).ToDictionary(region => region.Name, region => region.Text);

    static IEnumerable<CodeBlock> Blocks => Repository.Pages.SelectMany(page => page.Blocks).Where(block => block.Language == "csharp");

    [Fact]
    public void Every_block_of_code_is_a_region_that_runs()
    {
        foreach (var block in Blocks) regions.Values.Should().Contain(block.Text, "{0} must equal a #region of the snippets, to the letter", block.Place);
    }

    [Fact]
    public void Every_example_of_a_type_is_a_region_that_runs()
    {
        foreach (var example in SourceExample.All) regions.Values.Should().Contain(example.Code, "{0} must equal a #region of the snippets, to the letter", example.Place);
    }

    [Fact]
    public void The_main_entry_points_have_an_example() =>
        SourceExample.All.Select(example => Path.GetFileNameWithoutExtension(example.File)).Should().Contain(
            ["Composition", "LoraAdapter", "VisionTransformer", "T5Model", "LoraTuning", "CompositionWeights", "OnnxModel", "AdapterCompression", "ImageAdaptation", "ImagePredictor", "ImageTrainer", "TextTrainer"]);

    [Fact]
    public void An_example_is_read_as_it_is_shown() =>
        SourceExample.In("one.cs", ["/// <example>", "/// <code>", "/// a(b =&gt; b &amp;&amp; c);", "///", "///   d", "/// </code>", "/// </example>", "class One;"])
            .Should().Equal(new SourceExample("one.cs", 2, "a(b => b && c);\n\n  d"));

    [Fact]
    public void Every_region_is_shown() => regions.Where(region => !Blocks.Any(block => block.Text == region.Value)).Select(region => region.Key).Should().BeEmpty();

    [Fact]
    public void A_region_is_read_without_its_indentation() =>
        RegionsOf(["    #region one", "    a", "", "      b", "    #endregion", "c", "#region two", "d", "#endregion"]).Should().Equal(("one", "a\n\n  b"), ("two", "d"));

    static IEnumerable<(string Name, string Text)> RegionsOf(IReadOnlyList<string> lines)
    {
        for (int i = 0; i < lines.Count; i++)
        {
            int indent = lines[i].Length - lines[i].TrimStart().Length;
            if (!lines[i][indent..].StartsWith(Start, StringComparison.Ordinal)) continue;
            var region = lines.Skip(i + 1).TakeWhile(line => line.Trim() != End).Select(line => line.Length >= indent ? line[indent..] : "").ToArray();
            yield return (lines[i].Trim()[Start.Length..], string.Join('\n', region));
            i += region.Length;
        }
    }
}

using LoraComposition.Adapters;
using LoraComposition.Tests.Support;

namespace LoraComposition.Tests.Documentation;

public class ReadmeTests
{
    static string[] Lines(string file) => File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Documentation", file));

    static IEnumerable<string> Between(IEnumerable<string> lines, string start, string end) =>
        lines.SkipWhile(line => line.Trim() != start).Skip(1).TakeWhile(line => line.Trim() != end).Select(line => line.Trim());

    [Fact]
    public void The_example_in_the_readme_is_the_one_that_is_compiled_here()
    {
        var compiled = Between(Lines("ReadmeExample.cs"), "// <readme>", "// </readme>").ToArray();
        compiled.Should().HaveCount(5);
        // Comments at the end of a line are the README's own.
        Between(Lines("README.md"), "```csharp", "```").Select(line => line.Split("//")[0].TrimEnd()).Should().Equal(compiled);
    }

    [Fact]
    public void It_runs()
    {
        using var folder = new TemporaryFolder();
        foreach (string name in new[] { "vit-a", "vit-b" })
        {
            Directory.CreateDirectory(folder.File($"adapters/{name}"));
            foreach (string file in Directory.GetFiles(Fixture.Path("peft", name))) File.Copy(file, folder.File($"adapters/{name}/{Path.GetFileName(file)}"));
        }

        ReadmeExample.Run(Fixture.Path("vit-hf"), folder.File("adapters"), folder.File("my-task"));

        using var saved = LoraAdapter.Load(folder.File("my-task"));
        saved.Layers.Values.Should().OnlyContain(d => d.Rank == 8);
    }
}

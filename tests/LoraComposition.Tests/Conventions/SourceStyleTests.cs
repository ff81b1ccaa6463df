using System.Reflection;
using System.Text.RegularExpressions;

namespace LoraComposition.Tests.Conventions;

/// <summary>How the sources are written where the formatter has no say.</summary>
public partial class SourceStyleTests
{
    [Theory]
    [InlineData("    private readonly int count;", true)]
    [InlineData("    private protected int count;", false)]
    [InlineData("    private static partial Regex Word();", false)]
    [InlineData("    public int Count { get; private set; }", false)]
    [InlineData("    static readonly int[] Primes = [2];", true)]
    [InlineData("    static readonly int[] primes = [2];", false)]
    [InlineData("    public static readonly int[] Primes = [2];", false)]
    public void A_line_against_the_style_is_found(string line, bool against) => IsAgainst(line).Should().Be(against);

    /// <summary>Private is what is not said, and static fields that only their type sees are camelCase.</summary>
    [Fact]
    public void The_sources_keep_the_style()
    {
        string root = typeof(SourceStyleTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "RepositoryRoot").Value!;
        string[] folders = [.. new[] { "src", "samples" }.Select(name => Path.Combine(Path.GetFullPath(root), name)).Where(Directory.Exists)];
        Assert.SkipUnless(folders.Length > 0, "The sources are not beside these tests.");

        var found = from folder in folders
                    from file in Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
                    where !file.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin")
                    from line in File.ReadLines(file)
                    where IsAgainst(line)
                    select $"{Path.GetRelativePath(root, file)}: {line.Trim()}";
        string.Join("\n", found).Should().BeEmpty();
    }

    static bool IsAgainst(string line) => Private().IsMatch(line) || StaticField().IsMatch(line);

    [GeneratedRegex(@"^\s+private (?!protected|static partial)")]
    private static partial Regex Private();

    [GeneratedRegex(@"^\s+static readonly [^=;(]*\b[A-Z]\w* =")]
    private static partial Regex StaticField();
}

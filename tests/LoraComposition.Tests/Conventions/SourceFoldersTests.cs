using System.Reflection;
using LoraComposition.Tests.Support;

namespace LoraComposition.Tests.Conventions;

public sealed class SourceFoldersTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Arrows_one_way_are_no_circle()
    {
        Write("Upper/Roof.cs", "namespace House; sealed class Roof { Wall? wall; }");
        Write("Ground/Wall.cs", "namespace House; sealed class Wall { string said = \"Roof\"; /* Roof */ }");

        SourceFolders.Read(folder.Path).Circles().Should().BeEmpty();
    }

    [Fact]
    public void A_circle_is_found_over_several_folders()
    {
        Write("Upper/Roof.cs", "namespace House; sealed class Roof { Wall? wall; }");
        Write("Ground/Wall.cs", "namespace House; sealed class Wall { Cellar? cellar; }");
        Write("Deep/Cellar.cs", "using House;\nnamespace Below; sealed class Cellar { Roof? roof; }");
        Write("Ground/Door.cs", "using Below;\nnamespace House; sealed class Door { Cellar? cellar; }");

        SourceFolders.Read(folder.Path).Circles().Should().Equal("Deep -> Upper: Cellar.cs names Roof", "Ground -> Deep: Door.cs names Cellar", "Upper -> Ground: Roof.cs names Wall");
    }

    /// <summary>Arrows between the folders of the sources go one way: what comes in and what goes out of a folder can be told.</summary>
    [Fact]
    public void The_sources_have_no_circle()
    {
        string root = typeof(SourceFoldersTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "RepositoryRoot").Value!;
        string sources = Path.Combine(Path.GetFullPath(root), "src");
        Assert.SkipUnless(Directory.Exists(sources), "The sources are not beside these tests.");

        string.Join("\n", SourceFolders.Read(sources).Circles()).Should().BeEmpty();
    }

    void Write(string path, string text)
    {
        string file = Path.Combine(folder.Path, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}

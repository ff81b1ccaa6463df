using LoraComposition.FewShot.Tests.Support;

namespace LabelShift.Tests;

public sealed class StudyTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string[] arguments;

    public StudyTests() => arguments = [.. TinyRun.Arguments(folder), "--out", folder["out"], "--seeds", "2", "--steps", "3"];

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task SplitSizeComparesNumbersOfModules()
    {
        var (code, printed, errors) = await CommandLine.RunAsync([.. arguments, "--study", "split-size", "--shots", "1,2"]);

        code.Should().Be(0, string.Join('\n', errors));
        // Six labels are left for upstream tasks of at least two: one or three tasks.
        Directory.GetDirectories(folder["out"]).Select(Path.GetFileName).Should().BeEquivalentTo("modules", "n01", "n03");
        Directory.GetDirectories(folder["out/modules"]).Should().HaveCount(4);
        Directory.GetFiles(folder["out/n03/runs"]).Should().HaveCount(2 * 2 * 2);
        string[] rows = File.ReadAllLines(folder["out/split-size-k2.csv"]);
        rows[0].Should().Be("method,modules,mean,std,runs");
        rows[1..].Select(r => string.Join(',', r.Split(',')[..2])).Should().Equal("uniform,1", "uniform,3", "learned,1", "learned,3");
        folder.Files.Should().BeEmpty();
        File.Exists(folder["out/split-size-k1.png"]).Should().BeTrue();
        printed.Should().Contain(line => line.StartsWith("| learned"));
    }

    [Fact]
    public async Task EntangledShowsWhereTheWeightsGo()
    {
        var (code, printed, errors) = await CommandLine.RunAsync([.. arguments, "--study", "entangled", "--shots", "2"]);

        code.Should().Be(0, string.Join('\n', errors));
        Directory.GetDirectories(folder["out/modules"]).Should().HaveCount(4);
        Directory.GetDirectories(folder["out"]).Select(Path.GetFileName).Should().BeEquivalentTo("modules", "labels-006-007", "labels-002-003", "labels-001-002");
        string[] rows = File.ReadAllLines(folder["out/entangled-weights-k2.csv"]);
        rows.Should().HaveCount(1 + 4 * 3);
        // The weights of the modules add up to one for each downstream set.
        foreach (var downstream in rows[1..].Select(r => r.Split(',')).GroupBy(r => r[1]))
            downstream.Sum(r => double.Parse(r[2], System.Globalization.CultureInfo.InvariantCulture)).Should().BeApproximately(1, 1e-5);
        File.ReadAllLines(folder["out/entangled-accuracy-k2.csv"]).Should().HaveCount(1 + 2 * 3);
        printed.Should().Contain(line => line.Contains("mean learned weight"));
    }
}

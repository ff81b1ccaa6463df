using LoraComposition.FewShot.Tests.Support;

namespace LabelShift.Tests;

public sealed class StudyTests : IDisposable
{
    readonly TemporaryFolder folder = new();
    readonly string[] arguments;

    public StudyTests() => arguments = [.. TinyRun.Data(folder), "--out", folder["out"], "--seeds", "2", "--steps", "3"];

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
        rows[0].Should().Be("method,modules,mean,std,runs,ci95_low,ci95_high");
        rows[1..].Select(r => string.Join(',', r.Split(',')[..2])).Should().Equal("uniform,1", "uniform,3", "learned,1", "learned,3");
        folder.Files.Should().BeEmpty();
        foreach (string file in (string[])["split-size-k1.png", "n01/summary.csv", "n03/summary.csv", "report.html"]) File.Exists(folder[$"out/{file}"]).Should().BeTrue(file);
        printed.Should().Contain(line => line.StartsWith("learned  "));
        printed.Should().Contain(line => line.StartsWith("N = 1: uniform and learned coincide to three digits"), "one module's mean is the module");
        printed.Should().Contain(line => line.StartsWith("N = 3: K = 2: "));
        printed.Should().NotContain(line => line.Contains("shows that every part works"), "another base model is given");
    }

    [Fact]
    public async Task EntangledShowsWhereTheWeightsGo()
    {
        var (code, printed, errors) = await CommandLine.RunAsync([.. arguments, "--study", "entangled", "--shots", "2"]);

        code.Should().Be(0, string.Join('\n', errors));
        Directory.GetDirectories(folder["out/modules"]).Should().HaveCount(4);
        Directory.GetDirectories(folder["out"]).Select(Path.GetFileName).Should().BeEquivalentTo("modules", "labels-006-007", "labels-002-003", "labels-001-002", "labels-006-007-new");
        string[] rows = File.ReadAllLines(folder["out/entangled-weights-learned-k2.csv"]);
        rows.Should().HaveCount(1 + 4 * 3 + 3, "the last set is learned without the module that knows it");
        // The weights of the modules add up to one for each downstream set.
        foreach (var downstream in rows[1..].Select(r => r.Split(',')).GroupBy(r => r[1]))
            downstream.Sum(r => double.Parse(r[2], System.Globalization.CultureInfo.InvariantCulture)).Should().BeApproximately(1, 1e-5);
        File.ReadAllLines(folder["out/entangled-accuracy-k2.csv"]).Should().HaveCount(1 + 2 * 4);
        printed.Should().Contain(line => line.Contains("share of each module in the weights of learned"));
        printed.Should().Contain(line => line.StartsWith("Entangled tasks, all downstream labels together"));
        File.ReadAllLines(folder["out/labels-006-007/summary.csv"])[1..].Select(row => row.Split(',')[0]).Should().Equal("uniform", "learned");
        File.ReadAllText(folder["out/report.html"]).Should().Contain("entangled-weights-learned-k2");
    }

    [Fact]
    public async Task RandomModulesHaveNoPartInTheWeights()
    {
        var (code, _, errors) = await CommandLine.RunAsync([.. arguments, "--study", "entangled", "--shots", "2", "--methods", "learned,random-learned"]);

        code.Should().Be(0, string.Join('\n', errors));
        Directory.GetFiles(folder["out"], "entangled-weights-*").Should().ContainSingle();
        File.ReadAllLines(folder["out/entangled-weights-learned-k2.csv"])[1..].Should().OnlyContain(row => row.Split(",", StringSplitOptions.None)[4] == "2", "each is the weight of two learned runs");
    }

    /// <summary>A task of one class is always guessed right: 100.00 ± 0.00.</summary>
    [Theory]
    [InlineData("shift", "--splits", "5")]
    [InlineData("split-size", "--splits", "5")]
    [InlineData("entangled")]
    public async Task ASetOfASingleClassIsRefused(string study, params string[] splits)
    {
        if (study == "entangled") Directory.Delete(folder["pictures/train/class-7"], recursive: true);
        if (study == "entangled") Directory.Delete(folder["pictures/test/class-7"], recursive: true);

        var (code, printed, errors) = await CommandLine.RunAsync([.. arguments, "--study", study, .. splits]);

        code.Should().Be(2);
        errors.Should().ContainSingle().Which.Should().Be(study == "entangled"
            ? "--study entangled: the data has only 7 classes; each of the 4 sets needs at least 2, because a single class is always guessed right."
            : "--splits: the data has only 8 classes; each of the 5 sets needs at least 2, because a single class is always guessed right.");
        printed.Should().BeEmpty();
        Directory.Exists(folder["out"]).Should().BeFalse();
    }

    [Theory]
    [InlineData("split-size", "--downstream", "2")]
    [InlineData("entangled", "--downstream", "2")]
    [InlineData("entangled", "--splits", "3")]
    public async Task AnOptionThatAStudyPassesOverIsRefused(string study, string option, string value)
    {
        var (code, _, errors) = await CommandLine.RunAsync([.. arguments, "--study", study, option, value]);

        code.Should().Be(2);
        errors.Should().ContainSingle().Which.Should().Contain(option).And.Contain(study);
    }
}

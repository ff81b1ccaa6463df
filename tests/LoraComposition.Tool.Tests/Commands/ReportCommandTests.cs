using System.Text.Json;
using LoraComposition.Experiments;
using LoraComposition.Experiments.Tests.Results;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Tool.Tests.Commands;

public sealed class ReportCommandTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public ReportCommandTests()
    {
        foreach (var run in ResultOf.Runs("classifier", 1, 0, 0.5, 0.6).Concat(ResultOf.Runs("learned", 1, 54, 0.6, 0.7)).Concat(ResultOf.Runs("learned", 5, 54, 0.8))) new RunStore(folder["results/runs"]).Save(run);
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task WritesThePageTheFiguresAndTheTables()
    {
        var (code, output, errors) = await CommandLine.RunAsync("report", folder["results"], "--out", folder["new/report.html"], "--figures", folder["figures"], "--tables", folder["tables"], "--title", "A & B", "--json");

        code.Should().Be(0, string.Join('\n', errors));
        var said = JsonDocument.Parse(output).RootElement;
        said.GetProperty("runs").GetInt32().Should().Be(5);
        File.ReadAllText(folder["new/report.html"]).Should().Contain("<h1>A &amp; B</h1>").And.Contain("55.00 [0.00, 100.00]").And.Contain("<strong>65.00 [1.47, 100.00]</strong>").And.Contain("+10.00");
        Directory.GetFiles(folder["figures"], "*", SearchOption.AllDirectories).Should().HaveCount(2 * said.GetProperty("figures").GetInt32());
        Directory.GetFiles(folder["tables"], "*", SearchOption.AllDirectories).Should().HaveCount(2 * said.GetProperty("tables").GetInt32());
    }

    [Fact]
    public async Task NothingIsReplacedWithoutForce()
    {
        File.WriteAllText(folder["report.html"], "old");
        File.WriteAllText(folder.At("figures", "mine.txt"), "old");

        foreach (string[] wrong in (string[][])[["--out", folder["report.html"]], ["--out", folder["results"]], ["--out", folder["new.html"], "--figures", folder["figures"]]])
        {
            var (code, _, errors) = await CommandLine.RunAsync(["report", folder["results"], .. wrong]);
            code.Should().Be(2);
            errors.Should().ContainSingle().Which.Should().Contain(wrong[^1]);
        }

        var forced = await CommandLine.RunAsync("report", folder["results"], "--out", folder["report.html"], "--figures", folder["figures"], "--force");

        forced.Code.Should().Be(0, string.Join('\n', forced.Errors));
        File.ReadAllText(folder["report.html"]).Should().StartWith("<!DOCTYPE html>");
        File.ReadAllText(folder["figures/mine.txt"]).Should().Be("old", "other files are left");
    }

    [Fact]
    public async Task AFolderWithoutResultsIsRefused()
    {
        Directory.CreateDirectory(folder["empty"]);

        var (code, _, errors) = await CommandLine.RunAsync("report", folder["empty"], "--out", folder["report.html"]);

        code.Should().Be(1);
        errors.Should().ContainSingle().Which.Should().Contain("empty").And.Contain("runs/*.json");
        File.Exists(folder["report.html"]).Should().BeFalse();
    }
}

using System.Text.Json.Nodes;
using LoraComposition.FewShot.Tests.Support;

namespace Analysis.Tests;

public sealed class SubsetsStudyTests : IDisposable
{
    static readonly string[] Subsets = ["1", "2", "3", "1-2", "1-3", "2-3", "1-2-3"];
    readonly TemporaryFolder folder = new();
    readonly string[] arguments;

    public SubsetsStudyTests() => arguments = [.. TinyRun.LabelSets(folder), "--shots", "2"];

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task EverySubsetIsRunOnceForEachSeedAndResumes()
    {
        var (code, printed, errors) = await CommandLine.RunAsync(arguments);

        code.Should().Be(0, string.Join('\n', errors));
        Directory.GetFiles(folder["out/runs"]).Select(Path.GetFileName).Should()
            .BeEquivalentTo([.. Subsets.Select(s => $"learned-{s}").Append("full").SelectMany(method => (string[])[$"{method}-k002-seed0.json", $"{method}-k002-seed1.json"])]);
        string[] rows = File.ReadAllLines(folder["out/subsets-learned-k2.csv"]);
        rows[0].Should().Be("subset,n,mean,std,runs,ci95_low,ci95_high");
        rows[1..].Select(row => string.Join(',', row.Split(',')[..2])).Should().Equal("labels-000-001,1", "labels-002-003,1", "labels-004-005,1", "labels-000-001 + labels-002-003,2",
            "labels-000-001 + labels-004-005,2", "labels-002-003 + labels-004-005,2", "labels-000-001 + labels-002-003 + labels-004-005,3", "full,0");
        // A subset's record names its modules alone.
        var run = JsonNode.Parse(File.ReadAllText(folder["out/runs/learned-1-3-k002-seed0.json"]))!;
        run["configuration"]!["modules"]!.AsObject().Select(m => m.Key).Should().Equal("labels-000-001", "labels-004-005");
        run["details"]!["trained"]!["modules"]!.AsArray().Select(m => m!.GetValue<string>()).Should().Equal("labels-000-001", "labels-004-005");
        printed.Should().Contain(line => line.StartsWith("2  ", StringComparison.Ordinal)).And.Contain(line => line.Contains("the seeds of one subset")).And.Contain(line => line.StartsWith("full has"));
        foreach (string file in (string[])["summary.csv", "report.html", "subsets-learned-k2.png", "subsets-learned-k2.svg"]) File.Exists(folder[$"out/{file}"]).Should().BeTrue(file);

        string[] before = [.. FolderState.Of(folder["out/runs"]), .. FolderState.Of(folder["out/modules"])];
        (code, _, errors) = await CommandLine.RunAsync([.. arguments, "--resume"]);

        code.Should().Be(0, string.Join('\n', errors));
        FolderState.Of(folder["out/runs"]).Concat(FolderState.Of(folder["out/modules"])).Should().Equal(before);
        File.ReadAllLines(folder["out/subsets-learned-k2.csv"]).Should().Equal(rows);
    }

    [Fact]
    public async Task ShardsAndPlansSeeEverySubset()
    {
        string[] plan = (await CommandLine.RunAsync([.. arguments, "--plan"])).Output;
        plan[0].Should().Be("subsets: 16 runs, 0 done; shard 1/1 has 16, 16 to do");
        Directory.Exists(folder["out"]).Should().BeFalse();

        var first = await CommandLine.RunAsync([.. arguments, "--shard", "1/2"]);
        first.Output.Should().ContainSingle().Which.Should().Contain("8 of all 16 runs");
        var second = await CommandLine.RunAsync([.. arguments, "--shard", "2/2"]);

        second.Code.Should().Be(0);
        File.ReadAllLines(folder["out/subsets-learned-k2.csv"]).Should().HaveCount(1 + 7 + 1);
    }
}

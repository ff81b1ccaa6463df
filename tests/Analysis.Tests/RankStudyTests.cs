using System.Text.Json.Nodes;
using LoraComposition.FewShot.Tests.Support;

namespace Analysis.Tests;

public sealed class RankStudyTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task ModulesAndLorasHaveTheRank()
    {
        var (code, printed, errors) = await CommandLine.RunAsync([.. TinyRun.LabelSets(folder), "--study", "rank", "--ranks", "1,3", "--shots", "1,2"]);

        code.Should().Be(0, string.Join('\n', errors));
        Directory.GetDirectories(folder["out"]).Select(Path.GetFileName).Should().BeEquivalentTo("modules", "r01", "r03");
        Ranks().Should().Equal(1, 1, 1, 3, 3, 3);
        // 2 blocks of 3 layers, 16 wide, at rank 3.
        JsonNode.Parse(File.ReadAllText(folder["out/r03/runs/lora-k001-seed0.json"]))!["trainableParameters"]!.GetValue<int>().Should().Be(2 * 3 * 3 * 32);
        string[] rows = File.ReadAllLines(folder["out/rank-k2.csv"]);
        rows[0].Should().Be("method,rank,mean,std,runs,ci95_low,ci95_high");
        rows[1..].Select(row => string.Join(',', row.Split(',')[..2])).Should().Equal("lora,1", "lora,3", "uniform,1", "uniform,3", "learned,1", "learned,3");
        foreach (string file in (string[])["report.html", "r01/summary.csv", "r03/summary.csv", "rank-k1.csv", "rank-k1.png", "rank-k2.svg"]) File.Exists(folder[$"out/{file}"]).Should().BeTrue(file);
        printed.Should().Contain(line => line.StartsWith("lora: from", StringComparison.Ordinal) && line.Contains("(rank "));
    }

    int[] Ranks() => [.. Directory.GetDirectories(folder["out/modules"]).Select(module => JsonNode.Parse(File.ReadAllText(Path.Combine(module, "adapter_config.json")))!["r"]!.GetValue<int>()).Order()];
}

using System.Globalization;

namespace LabelShift.Tests;

/// <summary>Sweeps over several processes: plans, shards and searches.</summary>
public sealed class SweepTests : IDisposable
{
    readonly TinySweep sweep = new();

    public void Dispose() => sweep.Dispose();

    [Fact]
    public async Task ShardsGiveTheSameFilesAsOneProcess()
    {
        await sweep.RunAsync("whole");
        foreach (string shard in (string[])["1/3", "2/3", "3/3"])
        {
            string[] printed = await sweep.RunAsync("parts", "--shard", shard);
            (printed[0].StartsWith("label-shift: shard", StringComparison.Ordinal), printed[0].Contains("are done", StringComparison.Ordinal) || printed[0].Contains("of all 12 runs", StringComparison.Ordinal)).Should().Be((shard != "3/3", shard != "3/3"), printed[0]);
        }

        sweep.Runs("parts").Should().Equal(sweep.Runs("whole")).And.HaveCount(12);
        File.ReadAllLines(sweep["parts/summary.csv"]).Should().Equal(File.ReadAllLines(sweep["whole/summary.csv"]));
    }

    [Fact]
    public async Task ShardsAtTheSameTimeGiveTheSameFilesAsOneProcess()
    {
        await sweep.RunAsync("whole");
        await sweep.RunAtOnceAsync("parts", ["--shard", "1/2"], ["--shard", "2/2"]);

        sweep.Runs("parts").Should().Equal(sweep.Runs("whole")).And.HaveCount(12);
        File.ReadAllLines(sweep["parts/summary.csv"]).Should().Equal(File.ReadAllLines(sweep["whole/summary.csv"]));
        sweep.Modules("parts").Should().Equal(sweep.Modules("whole"), "modules are trained by one of them, or by both to the same numbers");
    }

    /// <summary>A second process finds the features of the first one and computes none, and no number is another.</summary>
    [Fact]
    public async Task ProcessesShareTheFeatures()
    {
        string[] KeptFiles() => [.. Directory.GetFiles(sweep["features"], "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        await sweep.RunAsync("without", "--no-feature-cache");
        await sweep.RunAsync("first", "--feature-cache", sweep["features"]);
        string[] first = KeptFiles();

        using var second = sweep.Start("second", "--feature-cache", sweep["features"], "--timings");
        string[] said = await Task.WhenAll(second.StandardOutput.ReadToEndAsync(), second.StandardError.ReadToEndAsync());
        await second.WaitForExitAsync();

        second.ExitCode.Should().Be(0, said[1]);
        first.Should().NotBeEmpty();
        KeptFiles().Should().Equal(first, "what is computed is kept, so nothing was");
        sweep.Runs("first").Should().Equal(sweep.Runs("without"));
        sweep.Runs("second").Should().Equal(sweep.Runs("without"));
        File.ReadAllText(sweep["second/command.txt"]).Should().NotContain("feature", "where they are kept is no part of the experiment").And.NotContain("timings");
        said[0].Should().NotContain("together");
        var rows = said[1].ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries).SkipWhile(line => !line.StartsWith("Phase ", StringComparison.Ordinal)).Skip(2)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToDictionary(cells => cells[0], cells => decimal.Parse(cells[1], CultureInfo.InvariantCulture));
        rows.Keys.Should().Equal("load", "modules", "decode", "features", "warm-up", "training", "validation", "test", "other", "together");
        rows.Where(row => row.Key != "together").Sum(row => row.Value).Should().Be(rows["together"]);
    }

    [Fact]
    public async Task APlanDoesNothing()
    {
        string[] before = await sweep.RunAsync("out", "--plan");

        Directory.Exists(sweep["out"]).Should().BeFalse();
        before[0].Should().Be("label-shift: 12 runs, 0 done; shard 1/1 has 12, 12 to do");
        before.Should().Contain(line => line.Contains("no run to estimate from yet"));

        await sweep.RunAsync("out", "--shard", "1/2");
        string[] after = await sweep.RunAsync("out", "--plan");

        after[0].Should().Be("label-shift: 12 runs, 6 done; shard 1/1 has 12, 6 to do");
        after.Should().Contain(line => line.Contains("about"));
    }

    [Fact]
    public async Task ASearchChoosesBeforeTheTest()
    {
        await sweep.RunAsync("out", "--grid");

        string[] log = File.ReadAllLines(sweep["out/grid.csv"]);
        log[0].Should().StartWith("method,point,validation_accuracy,validation_loss,chosen,").And.Contain(",lora.rank,");
        log.Should().HaveCount(1 + 3 * 5);
        log.Count(line => line.Split(',')[4] == "1").Should().Be(3);
        Directory.GetFiles(sweep["out/grid"]).Should().HaveCount(3 * 5 * 2 * 2);
        foreach (string line in log.Where(line => line.Split(',')[4] == "1"))
        {
            var (method, point) = (line.Split(',')[0], line.Split(',')[1]);
            var options = sweep.Json($"out/grid/{point}-k001-seed0.json")["configuration"]!["options"]!;
            sweep.Json($"out/runs/{method}-k001-seed0.json")["configuration"]!["options"]!.ToJsonString().Should().Be(options.ToJsonString());
        }
    }
}

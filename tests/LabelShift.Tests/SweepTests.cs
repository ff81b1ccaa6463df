using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using LoraComposition.FewShot.Tests.Support;

namespace LabelShift.Tests;

/// <summary>Sweeps over several processes: plans, shards, searches, and processes that die.</summary>
public sealed class SweepTests : IDisposable
{
    readonly TemporaryFolder folder = new();
    readonly string[] arguments;

    public SweepTests() => arguments = [.. TinyRun.Arguments(folder), "--shots", "1,2", "--seeds", "2", "--methods", "classifier,uniform,learned", "--steps", "3"];

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task ShardsGiveTheSameFilesAsOneProcess()
    {
        await RunAsync("whole");
        foreach (string shard in (string[])["1/3", "2/3", "3/3"])
        {
            string[] printed = await RunAsync("parts", "--shard", shard);
            (printed[0].StartsWith("label-shift: shard", StringComparison.Ordinal), printed[0].Contains("are done", StringComparison.Ordinal) || printed[0].Contains("of all 12 runs", StringComparison.Ordinal)).Should().Be((shard != "3/3", shard != "3/3"), printed[0]);
        }

        Runs("parts").Should().Equal(Runs("whole")).And.HaveCount(12);
        File.ReadAllLines(folder["parts/summary.csv"]).Should().Equal(File.ReadAllLines(folder["whole/summary.csv"]));
    }

    [Fact]
    public async Task ShardsAtTheSameTimeGiveTheSameFilesAsOneProcess()
    {
        await RunAsync("whole");
        var processes = ((string[])["1/2", "2/2"]).Select(shard => Start("parts", "--shard", shard)).ToArray();
        // Read both at once: a process whose output nobody takes would wait.
        string[] printed = await Task.WhenAll(processes.Select(async process => await process.StandardOutput.ReadToEndAsync() + await process.StandardError.ReadToEndAsync()));
        foreach (var (process, said) in processes.Zip(printed))
        {
            await process.WaitForExitAsync();
            process.ExitCode.Should().Be(0, said);
            process.Dispose();
        }

        Runs("parts").Should().Equal(Runs("whole")).And.HaveCount(12);
        File.ReadAllLines(folder["parts/summary.csv"]).Should().Equal(File.ReadAllLines(folder["whole/summary.csv"]));
        Modules("parts").Should().Equal(Modules("whole"), "modules are trained by one of them, or by both to the same numbers");
    }

    /// <summary>A second process finds the features of the first one and computes none, and no number is another.</summary>
    [Fact]
    public async Task ProcessesShareTheFeatures()
    {
        string[] KeptFiles() => [.. Directory.GetFiles(folder["features"], "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        await RunAsync("without", "--no-feature-cache");
        await RunAsync("first", "--feature-cache", folder["features"]);
        string[] first = KeptFiles();

        using var second = Start("second", "--feature-cache", folder["features"], "--timings");
        string[] said = await Task.WhenAll(second.StandardOutput.ReadToEndAsync(), second.StandardError.ReadToEndAsync());
        await second.WaitForExitAsync();

        second.ExitCode.Should().Be(0, said[1]);
        first.Should().NotBeEmpty();
        KeptFiles().Should().Equal(first, "what is computed is kept, so nothing was");
        Runs("first").Should().Equal(Runs("without"));
        Runs("second").Should().Equal(Runs("without"));
        File.ReadAllText(folder["second/command.txt"]).Should().NotContain("feature", "where they are kept is no part of the experiment").And.NotContain("timings");
        said[0].Should().NotContain("together");
        var rows = said[1].ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries).SkipWhile(line => !line.StartsWith("Phase ", StringComparison.Ordinal)).Skip(2)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToDictionary(cells => cells[0], cells => decimal.Parse(cells[1], CultureInfo.InvariantCulture));
        rows.Keys.Should().Equal("load", "modules", "decode", "features", "warm-up", "training", "validation", "test", "other", "together");
        rows.Where(row => row.Key != "together").Sum(row => row.Value).Should().Be(rows["together"]);
    }

    [Fact]
    public async Task APlanDoesNothing()
    {
        string[] before = await RunAsync("out", "--plan");

        Directory.Exists(folder["out"]).Should().BeFalse();
        before[0].Should().Be("label-shift: 12 runs, 0 done; shard 1/1 has 12, 12 to do");
        before.Should().Contain(line => line.Contains("no run to estimate from yet"));

        await RunAsync("out", "--shard", "1/2");
        string[] after = await RunAsync("out", "--plan");

        after[0].Should().Be("label-shift: 12 runs, 6 done; shard 1/1 has 12, 6 to do");
        after.Should().Contain(line => line.Contains("about"));
    }

    [Fact]
    public async Task ASearchChoosesBeforeTheTest()
    {
        await RunAsync("out", "--grid");

        string[] log = File.ReadAllLines(folder["out/grid.csv"]);
        log[0].Should().StartWith("method,point,validation_accuracy,validation_loss,chosen,").And.Contain(",lora.rank,");
        log.Should().HaveCount(1 + 3 * 5);
        log.Count(line => line.Split(',')[4] == "1").Should().Be(3);
        Directory.GetFiles(folder["out/grid"]).Should().HaveCount(3 * 5 * 2 * 2);
        foreach (string line in log.Where(line => line.Split(',')[4] == "1"))
        {
            var (method, point) = (line.Split(',')[0], line.Split(',')[1]);
            var options = Json($"out/grid/{point}-k001-seed0.json")["configuration"]!["options"]!;
            Json($"out/runs/{method}-k001-seed0.json")["configuration"]!["options"]!.ToJsonString().Should().Be(options.ToJsonString());
        }
    }

    [Fact]
    public async Task ASweepThatIsKilledGoesOnToTheSameEnd()
    {
        await RunAsync("whole");
        var random = new Random(1);
        for (int kill = 0; kill < 4; kill++)
        {
            using var process = Start("killed");
            await Task.Delay(random.Next(700, 2500));
            process.Kill();
            await process.WaitForExitAsync();
        }

        await RunAsync("killed");

        Runs("killed").Should().Equal(Runs("whole"));
        File.ReadAllLines(folder["killed/summary.csv"]).Should().Equal(File.ReadAllLines(folder["whole/summary.csv"]));
    }

    Process Start(string output, params string[] more) =>
        Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "LabelShift.dll"), .. arguments, "--out", folder[output], .. more]) { RedirectStandardError = true, RedirectStandardOutput = true })!;

    async Task<string[]> RunAsync(string output, params string[] more)
    {
        var (code, printed, errors) = await CommandLine.RunAsync([.. arguments, "--out", folder[output], .. more]);
        code.Should().Be(0, string.Join('\n', errors));
        return [.. printed];
    }

    // All but the times and what depends on them. A process that was killed while it wrote a file leaves a hidden temporary one, which nobody reads.
    string[] Runs(string output) => [.. Directory.GetFiles(folder[$"{output}/runs"], "*.json").Order(StringComparer.Ordinal).Select(path =>
    {
        var run = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        run.Remove("timings");
        run.Remove("peakMemoryMiB");
        run.Remove("startedUtc");
        return $"{Path.GetFileName(path)} {run.ToJsonString()}";
    })];

    string[] Modules(string output) => [.. Directory.GetFiles(folder[$"{output}/modules"], "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        .Select(path => $"{Path.GetRelativePath(folder[$"{output}/modules"], path)} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)))}")];

    JsonNode Json(string path) => JsonNode.Parse(File.ReadAllText(folder[path]))!;
}

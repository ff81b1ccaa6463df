using LoraComposition.Experiments;
using LoraComposition.Experiments.Tests.Results;
using LoraComposition.Faults;
using LoraComposition.Tool.Tests.Support;

namespace LoraComposition.Tool.Tests.Commands;

/// <summary>A command whose disk is full says in one line which file had no room and leaves nothing that looks like a result; with room it succeeds.</summary>
public sealed class FullDiskTests : IDisposable
{
    readonly TinyInputs inputs = new();
    readonly SmallDisk disk = new(kibibytes: 2048);

    public void Dispose()
    {
        disk.Dispose();
        inputs.Dispose();
    }

    string Out => Path.Combine(disk.Path, "out");

    [Fact]
    public Task Adapt() => FailsAsync([.. inputs.Adapt, "--method", "uniform", "--out", Out]);

    [Fact]
    public Task Compose() => FailsAsync(["compose", "--base", inputs.At("base"), "--adapter", inputs.At("module-1"), inputs.At("module-2"), "--out", Out]);

    [Fact]
    public Task ComposeIntoACheckpoint() => FailsAsync(["compose", "--base", inputs.At("base"), "--adapter", inputs.At("module-1"), inputs.At("module-2"), "--as", "checkpoint", "--out", Out]);

    [Fact]
    public Task Train() => FailsAsync(["train", "--base", inputs.At("base"), "--data", inputs.At("pictures"), "--rank", "2", "--epochs", "2", "--validation", "0", "--threads", "1", "--out", Out], "out.training-state");

    [Fact]
    public async Task ExportAndEvaluate()
    {
        (await CommandLine.RunAsync([.. inputs.Adapt, "--method", "uniform", "--out", inputs.At("model")])).Code.Should().Be(0);
        await FailsAsync(["export", "--model", inputs.At("model"), "--out", Path.Combine(disk.Path, "model.onnx")]);
        await FailsAsync(["evaluate", "--model", inputs.At("model"), "--data", inputs.At("pictures"), "--out", Out], "model.onnx");
    }

    [Fact]
    public async Task Report()
    {
        foreach (var run in ResultOf.Runs("classifier", 1, 0, 0.5, 0.6).Concat(ResultOf.Runs("learned", 1, 54, 0.6, 0.7))) new RunStore(inputs.At("results", "runs")).Save(run);
        await FailsAsync(["report", inputs.At("results"), "--figures", Path.Combine(disk.Path, "figures"), "--tables", Path.Combine(disk.Path, "tables"), "--out", Path.Combine(disk.Path, "report.html"), "--force"], "figures", "tables", "report.html");
    }

    async Task FailsAsync(string[] command, params string[] mayBeThere)
    {
        int step = FaultTimes.Factor > 1 ? 1 : 4, failures = 0;
        for (int pages = 0; ; pages += step)
        {
            disk.Leave(pages);
            var (code, _, errors) = await CommandLine.RunAsync(command);
            if (code == 0) break;
            failures++;
            code.Should().Be(1, string.Join('\n', errors));
            errors[^1].Should().MatchRegex($"^{disk.Path}/[^ ]*: the file cannot be written: No space left on device\\. What was there before is unchanged\\.$").And.NotContain(".tmp");
            Entries().Should().BeSubsetOf(mayBeThere);
        }
        failures.Should().BePositive();
        FaultTimes.Say($"{typeof(FullDiskTests)}: {command[0]} {failures} times on a full disk");
        disk.Free();
        Entries().Should().OnlyContain(name => name[0] != '.').And.NotContain(name => name!.EndsWith(".training-state", StringComparison.Ordinal));
    }

    string?[] Entries() => [.. Directory.GetFileSystemEntries(disk.Path).Select(Path.GetFileName)];
}

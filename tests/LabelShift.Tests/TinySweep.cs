using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using LoraComposition.FewShot.Tests.Support;

namespace LabelShift.Tests;

/// <summary>A sweep of twelve runs over three modules, in this process or in another, and what it leaves.</summary>
internal sealed class TinySweep : IDisposable
{
    // Of a row of runs.csv: what depends on the time and the machine.
    static readonly string[] measured = ["seconds", "peakMemoryMiB"];

    readonly TemporaryFolder folder = new();
    readonly string[] arguments;

    /// <param name="steps">The training steps of a run.</param>
    /// <param name="shots">The numbers of images.</param>
    public TinySweep(int steps = 3, string shots = "1,2") => arguments = [.. TinyRun.Arguments(folder), "--shots", shots, "--seeds", "2", "--methods", "classifier,uniform,learned", "--steps", $"{steps}"];

    public string this[string name] => folder[name];

    /// <summary>Starts it in a process of its own, in one alone where not asked otherwise.</summary>
    public Process Start(string output, params string[] more)
    {
        string[] alone = more.Contains("--processes") ? [] : ["--processes", "1"];
        return Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "LabelShift.dll"), .. arguments, "--out", folder[output], .. more, .. alone]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
    }

    public async Task<string[]> RunAsync(string output, params string[] more)
    {
        var (code, printed, errors) = await TryAsync(folder[output], more);
        code.Should().Be(0, string.Join('\n', errors));
        return printed;
    }

    public Task<(int Code, string[] Output, string[] Errors)> TryAsync(string place, params string[] more) => CommandLine.RunAsync([.. arguments, "--out", place, .. more]);

    /// <summary>Runs it in several processes at once, each with more arguments of its own; all must succeed.</summary>
    public async Task RunAtOnceAsync(string output, params string[][] more)
    {
        var processes = more.Select(own => Start(output, own)).ToArray();
        // Read all at once: a process whose output nobody takes would wait.
        string[] printed = await Task.WhenAll(processes.Select(async process => await process.StandardOutput.ReadToEndAsync() + await process.StandardError.ReadToEndAsync()));
        foreach (var (process, said) in processes.Zip(printed))
        {
            await process.WaitForExitAsync();
            process.ExitCode.Should().Be(0, said);
            process.Dispose();
        }
    }

    /// <summary>The results of all runs but for the times and what depends on them.</summary>
    public string[] Runs(string output) => [.. Directory.GetFiles(folder[$"{output}/runs"], "*.json").Order(StringComparer.Ordinal).Select(path =>
    {
        var run = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        run.Remove("timings");
        run.Remove("peakMemoryMiB");
        run.Remove("startedUtc");
        return $"{Path.GetFileName(path)} {run.ToJsonString()}";
    })];

    /// <summary>The files of all modules that are in their places.</summary>
    public string[] Modules(string output) => Directory.Exists(folder[$"{output}/modules"]) ? [.. Directory.GetFiles(folder[$"{output}/modules"], "*", SearchOption.AllDirectories)
        .Select(path => (Name: Path.GetRelativePath(folder[$"{output}/modules"], path), Path: path)).Where(file => file.Name[0] != '.').OrderBy(file => file.Name, StringComparer.Ordinal)
        .Select(file => $"{file.Name} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file.Path)))}")] : [];

    /// <summary>The table of the runs without the columns that are measured.</summary>
    public string[] Table(string output)
    {
        string[] lines = File.ReadAllLines(folder[$"{output}/runs.csv"]), header = lines[0].Split(',');
        return [.. lines.Select(line => string.Join(',', line.Split(',').Where((_, column) => !measured.Contains(header[column]))))];
    }

    public JsonNode Json(string path) => JsonNode.Parse(File.ReadAllText(folder[path]))!;

    public void Dispose() => folder.Dispose();
}

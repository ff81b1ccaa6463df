using System.Diagnostics;
using LoraComposition.FewShot.Tests.Support;

namespace Analysis.Tests;

public sealed class InterruptTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task CtrlCStopsTheProgramAndTheSameCommandGoesOn()
    {
        Interrupt.SkipWhereItCannotArrive();
        string[] arguments = [.. TinyRun.LabelSets(folder, steps: 1_000_000), "--shots", "2"];
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Analysis.dll"), .. arguments]) { RedirectStandardError = true, RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        try
        {
            var patience = Stopwatch.StartNew();
            while (Modules() < 3 && !process.HasExited && patience.Elapsed < TimeSpan.FromSeconds(60)) await Task.Delay(50);
            await Task.Delay(500);
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            await Interrupt.SendAsync(process, deadline.Token);
            await process.WaitForExitAsync(deadline.Token);

            string[] errors = (await process.StandardError.ReadToEndAsync()).TrimEnd().Split('\n');
            errors[^1].Should().Be("Stopped. What is finished is saved; the same command goes on from there.");
            process.ExitCode.Should().Be(130);
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
        string[] modules = FolderState.Of(folder["out/modules"]);

        // No run was finished, so another length may follow; the modules are those that are there.
        (await CommandLine.RunAsync([.. TinyRun.LabelSets(folder), "--shots", "2"])).Code.Should().Be(0);

        FolderState.Of(folder["out/modules"]).Should().Equal(modules);
    }

    int Modules() => Directory.Exists(folder["out/modules"]) ? Directory.GetDirectories(folder["out/modules"]).Count(module => !module.EndsWith(".partial", StringComparison.Ordinal)) : 0;
}

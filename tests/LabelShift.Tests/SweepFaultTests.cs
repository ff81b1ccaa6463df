using System.Diagnostics;
using LoraComposition.Faults;
using LoraComposition.FewShot.Tests.Support;

namespace LabelShift.Tests;

/// <summary>
/// Sweeps that are killed, that share a folder, and whose disk is full: they end as an undisturbed one does. <c>LORA_COMPOSITION_FAULTS=25</c> kills 100 times, see
/// <c>docs/faults.md</c>.
/// </summary>
public sealed class SweepFaultTests : IDisposable
{
    const int MomentsEach = 4;

    readonly TinySweep sweep = new();

    public void Dispose() => sweep.Dispose();

    [Fact]
    public async Task ASweepThatIsKilledAtAnyMomentGoesOnToTheSameEnd()
    {
        await sweep.RunAsync("whole");
        var length = await LengthAsync();
        var random = new Random(1);
        var (sweeps, kills, results, leftovers) = (0, 0, 0, 0);
        for (; kills < MomentsEach * FaultTimes.Factor; sweeps++)
        {
            // It is killed again while it goes on, until it ends before its moment comes.
            while (kills < MomentsEach * FaultTimes.Factor)
            {
                using var process = sweep.Start("killed");
                await FirstFileAsync("killed", process);
                await Task.Delay(random.NextDouble() * length);
                if (process.HasExited)
                {
                    process.ExitCode.Should().Be(0, await process.StandardError.ReadToEndAsync());
                    break;
                }
                process.Kill();
                await process.WaitForExitAsync();
                kills++;
                WhatIsThereIsRight();
                if (Directory.Exists(sweep["killed/runs"])) results += sweep.Runs("killed").Length;
                leftovers += Leftovers("killed").Length;
            }

            await sweep.RunAsync("killed");

            File.ReadAllBytes(sweep["killed/summary.csv"]).Should().Equal(File.ReadAllBytes(sweep["whole/summary.csv"]));
            sweep.Table("killed").Should().Equal(sweep.Table("whole"));
            sweep.Runs("killed").Should().Equal(sweep.Runs("whole"));
            sweep.Modules("killed").Should().Equal(sweep.Modules("whole"));
            Directory.GetFileSystemEntries(sweep["killed/modules"], ".*").Should().BeEmpty("what a killed run left is removed");
            Names("killed").Should().Equal(Names("whole"));
            Directory.Delete(sweep["killed"], recursive: true);
        }
        FaultTimes.Say($"{typeof(SweepFaultTests)}: {kills} times killed in {sweeps} sweeps of {length.TotalSeconds:0.0} s; {results} results were there at these moments in all, and {leftovers} unfinished files and folders; every sweep ended as the undisturbed one");

        // A result or module that is in its place is whole and the same: nothing partial is ever believed.
        void WhatIsThereIsRight()
        {
            if (Directory.Exists(sweep["killed/runs"])) sweep.Runs("killed").Should().BeSubsetOf(sweep.Runs("whole"));
            sweep.Modules("killed").Should().BeSubsetOf(sweep.Modules("whole"));
        }
    }

    [Fact]
    public async Task TwoProcessesThatDoTheSameEndAsOne()
    {
        await sweep.RunAsync("whole");
        for (int number = 0; number < FaultTimes.Factor; number++)
        {
            // In a long run in turn with shards, which SweepTests have.
            await sweep.RunAtOnceAsync("twice", number % 2 == 0 ? [[], []] : [["--shard", "1/2"], ["--shard", "2/2"]]);

            File.ReadAllBytes(sweep["twice/summary.csv"]).Should().Equal(File.ReadAllBytes(sweep["whole/summary.csv"]));
            sweep.Table("twice").Should().Equal(sweep.Table("whole"));
            sweep.Runs("twice").Should().Equal(sweep.Runs("whole"));
            sweep.Modules("twice").Should().Equal(sweep.Modules("whole"));
            Names("twice").Should().Equal(Names("whole"));
            Leftovers("twice").Should().BeEmpty();
            Directory.Delete(sweep["twice"], recursive: true);
        }
        FaultTimes.Say($"{typeof(SweepFaultTests)}: {FaultTimes.Factor} times two processes at once, each pair ended as one process");
    }

    [Fact]
    public async Task AFullDiskStopsASweepWithALineAndTheSameCommandGoesOn()
    {
        using var disk = new SmallDisk(kibibytes: 4096);
        await sweep.RunAsync("whole");
        string place = Path.Combine(disk.Path, "out");
        var refused = new HashSet<string>(StringComparer.Ordinal);
        int failures = 0;
        for (int pages = 0; ; pages++)
        {
            disk.Leave(pages);
            var (code, _, errors) = await sweep.TryAsync(place);
            if (code == 0) break;
            failures++;
            code.Should().Be(1);
            errors[^1].Should().MatchRegex("^/proc/.+: the file cannot be written: No space left on device. What was there before is unchanged.$");
            // A little more room each time, and what was done before stays. A long run begins again without any for each file that had none.
            if (refused.Add(errors[^1][disk.Path.Length..errors[^1].IndexOf(": the file", StringComparison.Ordinal)]) && FaultTimes.Factor > 1) pages = -1;
            if (!Directory.Exists(place)) continue;
            Directory.GetFileSystemEntries(place, ".*", SearchOption.AllDirectories).Should().BeEmpty("nothing partial is left");
        }
        FaultTimes.Say($"{typeof(SweepFaultTests)}: {failures} times a full disk, at {refused.Count} different files");

        refused.Select(path => path.Split('/')[2]).Should().Contain(["modules", "runs", "accuracy.png", "report.html"]);
        File.ReadAllBytes(Path.Combine(place, "summary.csv")).Should().Equal(File.ReadAllBytes(sweep["whole/summary.csv"]));
    }

    [Fact]
    public async Task WhatKilledRunsLeftAmongTheResultsIsRemovedOnceItIsOld()
    {
        Directory.CreateDirectory(sweep["out/runs"]);
        foreach (string name in (string[])["out/.abcdefgh.old.tmp", "out/runs/.abcdefgh.old.tmp"])
        {
            File.WriteAllText(sweep[name], "{");
            File.SetLastWriteTimeUtc(sweep[name], DateTime.UtcNow.AddHours(-2));
        }

        var (code, _, errors) = await sweep.TryAsync(sweep["out"]);

        code.Should().Be(0);
        errors.Should().Contain(line => line == $"warning: removed {sweep["out/runs/.abcdefgh.old.tmp"]}, which a run left that was killed");
        Leftovers("out").Should().BeEmpty();
    }

    /// <summary>How long an undisturbed process takes from its first file on.</summary>
    async Task<TimeSpan> LengthAsync()
    {
        using var process = sweep.Start("length");
        await FirstFileAsync("length", process);
        var clock = Stopwatch.StartNew();
        await process.WaitForExitAsync();
        return clock.Elapsed;
    }

    async Task FirstFileAsync(string output, Process process)
    {
        while (!Directory.Exists(sweep[output]) && !process.HasExited) await Task.Delay(5);
    }

    // The names of the tables and of what belongs to them.
    string[] Names(string output) => [.. Directory.GetFiles(sweep[output]).Select(path => Path.GetFileName(path)).Where(name => name[0] != '.').Order(StringComparer.Ordinal)];

    string[] Leftovers(string output) => Directory.Exists(sweep[output]) ? Directory.GetFileSystemEntries(sweep[output], ".*", SearchOption.AllDirectories) : [];
}

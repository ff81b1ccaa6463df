using System.Diagnostics;
using System.Globalization;
using LoraComposition.FewShot.Tests.Support;

namespace LabelShift.Tests;

/// <summary>Processes that do one sweep together: the first starts the others, and none of them outlives it.</summary>
public sealed class ProcessGroupTests : IDisposable
{
    static readonly TimeSpan deadline = TimeSpan.FromMinutes(2);

    readonly TinySweep sweep = new();

    public void Dispose() => sweep.Dispose();

    [Fact]
    public async Task TheyLeaveTheFilesOfOne()
    {
        await sweep.RunAsync("whole");
        string[] printed = await sweep.RunAsync("shared", "--processes", "2");

        sweep.Runs("shared").Should().Equal(sweep.Runs("whole")).And.HaveCount(12);
        sweep.Modules("shared").Should().Equal(sweep.Modules("whole"));
        sweep.Table("shared").Should().Equal(sweep.Table("whole"));
        File.ReadAllBytes(sweep["shared/summary.csv"]).Should().Equal(File.ReadAllBytes(sweep["whole/summary.csv"]));
        printed.Count(line => line.StartsWith("Label shift:", StringComparison.Ordinal)).Should().Be(1, "one of them reports");
        File.ReadAllText(sweep["shared/command.txt"]).Should().Be(File.ReadAllText(sweep["whole/command.txt"]).Replace("whole", "shared", StringComparison.Ordinal), "how many they are is no part of the experiment");
    }

    [Fact]
    public async Task TheySearchTogetherBeforeTheTest()
    {
        using var search = new TinySweep(shots: "1");
        await search.RunAsync("whole", "--grid");
        await search.RunAsync("shared", "--grid", "--processes", "2");

        File.ReadAllBytes(search["shared/grid.csv"]).Should().Equal(File.ReadAllBytes(search["whole/grid.csv"]));
        search.Runs("shared").Should().Equal(search.Runs("whole"));
    }

    [Fact]
    public async Task WhereOneIsKilledTheFirstSaysSoAndTheSameCommandGoesOn()
    {
        using var first = sweep.Start("out", "--processes", "2");
        var errors = first.StandardError.ReadToEndAsync();
        using var second = await MemberAsync(first);
        second.Kill();
        await EndAsync(first);

        first.ExitCode.Should().Be(1);
        (await errors).TrimEnd().Split('\n')[^1].Should().StartWith("process 2 of 2 has failed (").And.EndWith("What is finished is saved; the same command goes on from there.");
        await sweep.RunAsync("out");
        await sweep.RunAsync("whole");
        sweep.Runs("out").Should().Equal(sweep.Runs("whole"));
    }

    [Fact]
    public async Task WhereTheFirstIsKilledTheOthersStop()
    {
        using var endless = new TinySweep(steps: 100_000);
        using var first = endless.Start("out", "--processes", "2");
        using var second = await MemberAsync(first);
        first.Kill();

        await EndAsync(second);

        await EndAsync(first);
    }

    [Fact]
    public async Task WhereTheFirstIsInterruptedTheOthersStopToo()
    {
        Interrupt.SkipWhereItCannotArrive();
        using var endless = new TinySweep(steps: 100_000);
        using var first = endless.Start("out", "--processes", "2");
        var errors = first.StandardError.ReadToEndAsync();
        using var second = await MemberAsync(first);
        using var patience = new CancellationTokenSource(deadline);
        while (!Directory.Exists(endless["out/modules"])) await Task.Delay(50, patience.Token);

        await Interrupt.SendAsync(first, patience.Token);
        await EndAsync(first);

        second.HasExited.Should().BeTrue();
        first.ExitCode.Should().Be(130);
        (await errors).TrimEnd().Should().EndWith("Stopped. What is finished is saved; the same command goes on from there.");
    }

    [Theory]
    [InlineData("--processes 0", "--processes*1*")]
    [InlineData("--processes 2 --shard 1/2", "--processes 2 is given with --shard 1/2, which is a part for one process; give one of them.")]
    [InlineData("--part-of 3/2", "--shard 3/2: expected i/n*")]
    public async Task WhatCannotBeIsRefused(string given, string problem)
    {
        var (code, _, errors) = await sweep.TryAsync(sweep["out"], given.Split(' '));

        code.Should().Be(2);
        errors.Should().ContainSingle().Which.Should().Match(problem);
        Directory.Exists(sweep["out"]).Should().BeFalse();
    }

    /// <summary>The process that the first one starts; its own system lists it.</summary>
    static async Task<Process> MemberAsync(Process first)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux lists the children of a process");
        using var patience = new CancellationTokenSource(deadline);
        while (true)
        {
            first.HasExited.Should().BeFalse();
            foreach (string thread in Directory.GetDirectories($"/proc/{first.Id}/task"))
                if (File.ReadAllText(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var child, ..]) return Process.GetProcessById(int.Parse(child, CultureInfo.InvariantCulture));
            await Task.Delay(20, patience.Token);
        }
    }

    static async Task EndAsync(Process process)
    {
        using var patience = new CancellationTokenSource(deadline);
        await process.WaitForExitAsync(patience.Token);
    }
}

using System.Runtime.InteropServices;
using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Protocol;

/// <summary>No other test runs meanwhile: the peak is the whole process's.</summary>
[CollectionDefinition(nameof(PeakMemoryTests), DisableParallelization = true)]
[Collection(nameof(PeakMemoryTests))]
public class PeakMemoryTests
{
    const int MiB = 1 << 20;

    [Fact]
    public void IsWhatWasHeldMeanwhileAndNotBefore()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux tells the peak of a time.");
        Hold(512);
        var before = PeakMemory.Begin();
        double start = before.Read()!.Value;

        Hold(128);

        (before.Read()!.Value - start).Should().BeInRange(120, 200, "128 MiB were held for a moment, and the 512 before do not count");
        (PeakMemory.Begin().Read()!.Value - start).Should().BeLessThan(64, "they are given back");
    }

    [Fact]
    public void EveryRunTellsItOnceWhereTheSystemDoes()
    {
        using var tiny = new TinyExperiment();
        using var runner = new ImageFewShotRunner(tiny.BaseModel, tiny.Task("task", [0, 1, 2]), tiny.Modules, TinyExperiment.ModuleKeys, 5);

        var results = new FewShotExperiment("tiny", runner, new RunStore(tiny.Folder["runs"]))
            .Run(TinyExperiment.Work([.. AutomaticChoice.Methods, new AutomaticChoice()], [3], [1], TinyExperiment.Options));

        double?[] peaks = [.. results.Select(result => result.PeakMemoryMiB)];
        if (!OperatingSystem.IsLinux()) peaks.Should().OnlyContain(peak => peak == null);
        else peaks.Should().OnlyContain(peak => peak > 20 && peak < 4096);
        peaks[^1].Should().Be(peaks[..^1].Max(), "a choice that is read off other runs needs what they need");
        new RunStore(tiny.Folder["runs"]).LoadAll().Select(result => result.PeakMemoryMiB).Should().BeEquivalentTo(peaks);
    }

    static void Hold(int mebibytes)
    {
        nint memory = Marshal.AllocHGlobal(mebibytes * MiB);
        for (int page = 0; page < mebibytes * MiB; page += 4096) Marshal.WriteByte(memory + page, 1);
        Marshal.FreeHGlobal(memory);
    }
}

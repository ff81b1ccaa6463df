using LoraComposition.Faults;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.FewShot.Tests.Training;

/// <summary>A long training takes no more memory in the end than after its beginning. <c>LORA_COMPOSITION_FAULTS=25</c> makes it 12,000 steps.</summary>
public sealed class LongTrainingTests : IDisposable
{
    const int StepsEach = 480, WarmUp = 1000;

    // What the collector's heap and the allocator's pools breathe by. 12,000 steps that kept 2 KiB each would be 22 MiB more.
    const double Bound = 16;

    readonly TinyAdaptation tiny = new();

    public void Dispose() => tiny.Dispose();

    [Fact]
    public void Memory_is_flat()
    {
        int steps = StepsEach * FaultTimes.Factor, warm = Math.Min(WarmUp, steps / 2), done = 0;
        double after = 0, end = 0;
        var progress = new ScriptedProgress(_ =>
        {
            done++;
            if (done == warm) after = Resident();
            if (done == steps) end = Resident();
        });

        tiny.Run(TinyAdaptation.Options with
        {
            Methods = [new LearnedComposition()],
            Tuning = TinyAdaptation.Options.Tuning with { Training = new TrainingOptions { Steps = steps, BatchSize = 4, Checks = 10, Patience = 10 } },
        }, progress: progress);

        done.Should().BeGreaterThanOrEqualTo(steps);
        FaultTimes.Say($"{typeof(LongTrainingTests)}: {steps} steps; {after:0.0} MiB resident after {warm}, {end:0.0} MiB after all");
        (end - after).Should().BeLessThan(Bound, "MiB");
    }

    // Without a collection before: it would free the tensors that a step had left behind, which in a real run nobody does.
    static double Resident() => Environment.WorkingSet / 1024.0 / 1024.0;
}

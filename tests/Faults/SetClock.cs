namespace LoraComposition.Faults;

/// <summary>The clocks of a machine: a steady one that goes on only when it is told to, and one on the wall that can be set anew.</summary>
internal sealed class SetClock : TimeProvider
{
    TimeSpan passed = TimeSpan.FromDays(1), set;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => passed.Ticks;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + passed + set;

    public void Pass(double seconds) => passed += TimeSpan.FromSeconds(seconds);

    public void SetForward(TimeSpan by) => set += by;
}

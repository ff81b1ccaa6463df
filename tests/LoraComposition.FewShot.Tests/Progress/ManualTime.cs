namespace LoraComposition.FewShot.Tests.Progress;

/// <summary>A clock that goes on only when it is told to.</summary>
sealed class ManualTime : TimeProvider
{
    TimeSpan now = TimeSpan.FromDays(1);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => now.Ticks;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + now;

    public void Pass(double seconds) => now += TimeSpan.FromSeconds(seconds);
}

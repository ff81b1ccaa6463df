namespace LoraComposition.CommandLine;

/// <summary>
/// A wall clock that nobody sets: the time at its start, and what has passed since by the steady clock. Spectre's estimates are differences of wall-clock times.
/// </summary>
/// <param name="time">Both clocks.</param>
sealed class SteadyTime(TimeProvider time) : TimeProvider
{
    readonly DateTimeOffset start = time.GetUtcNow();
    readonly long started = time.GetTimestamp();

    public override long TimestampFrequency => time.TimestampFrequency;

    // Local time jumps twice a year.
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow() => start + time.GetElapsedTime(started);

    public override long GetTimestamp() => time.GetTimestamp();
}

namespace LoraComposition.FewShot.Tests.Progress;

/// <summary>A clock that goes on by a millisecond whenever it is looked at.</summary>
sealed class TickingTime : TimeProvider
{
    public override long TimestampFrequency => 1000;

    /// <summary>The milliseconds so far.</summary>
    public long Passed { get; private set; }

    public override long GetTimestamp() => ++Passed;
}

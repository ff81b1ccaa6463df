namespace LoraComposition.FewShot;

/// <summary>What a run spends its time on. Each moment belongs to one phase: features that a warm-up asks for are no part of the warm-up.</summary>
public enum RunPhase
{
    /// <summary>What no phase names: looking for files, writing results.</summary>
    Other,

    /// <summary>Reading base models and adapters, and attaching them.</summary>
    Load,

    /// <summary>Training the upstream modules, all that belongs to it.</summary>
    Modules,

    /// <summary>Decoding and resizing pictures.</summary>
    Decode,

    /// <summary>Computing the features of frozen models, or reading kept ones.</summary>
    Features,

    /// <summary>Training or fitting heads alone, and choosing where a training starts.</summary>
    WarmUp,

    /// <summary>The steps of methods, and what a method tries before it settles.</summary>
    Training,

    /// <summary>Scoring samples held out, to stop trainings and to choose.</summary>
    Validation,

    /// <summary>Scoring test samples.</summary>
    Test,

    /// <summary>Predicting.</summary>
    Prediction,
}

/// <summary>How long the phases of a run take. A phase that begins within another one interrupts it, so that all of them together are the wall time.</summary>
/// <remarks>Belongs to one thread, the one that waits for the work.</remarks>
public sealed class PhaseTimes
{
    readonly TimeProvider time;
    readonly long[] spent = new long[PhaseReading.Names.Count];
    readonly int[] entered = new int[PhaseReading.Names.Count];
    RunPhase current;
    long since;

    /// <summary>Begins with <see cref="RunPhase.Other"/>.</summary>
    /// <param name="time">The clock; that of the system where not given.</param>
    public PhaseTimes(TimeProvider? time = null)
    {
        this.time = time ?? TimeProvider.System;
        since = this.time.GetTimestamp();
    }

    /// <summary>Begins a phase, which lasts until what is returned is disposed; then the one that it interrupted goes on.</summary>
    /// <param name="phase">The phase.</param>
    /// <returns>The phase under way. The caller owns it, and disposes it before those that it lies within.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such phase.</exception>
    public IDisposable Enter(RunPhase phase)
    {
        if (!Enum.IsDefined(phase)) throw new ArgumentOutOfRangeException(nameof(phase), phase, "There is no such phase.");
        var interrupted = current;
        entered[(int)phase]++;
        SwitchTo(phase);
        return new Entered(this, interrupted);
    }

    /// <summary>What was spent so far; the phase under way goes on.</summary>
    /// <returns>The times, which do not change any more.</returns>
    public PhaseReading Read()
    {
        SwitchTo(current);
        return new PhaseReading([.. spent.Select(ticks => time.GetElapsedTime(0, ticks))], [.. entered]);
    }

    void SwitchTo(RunPhase phase)
    {
        long now = time.GetTimestamp();
        spent[(int)current] += now - since;
        (current, since) = (phase, now);
    }

    sealed class Entered(PhaseTimes times, RunPhase interrupted) : IDisposable
    {
        bool ended;

        public void Dispose()
        {
            if (ended) return;
            ended = true;
            times.SwitchTo(interrupted);
        }
    }
}

/// <summary>What the phases of a run have taken at some moment.</summary>
/// <remarks>Immutable, and safe to use from several threads.</remarks>
public sealed class PhaseReading
{
    // In the order of the enumeration. Other comes last where all are listed.
    internal static IReadOnlyList<string> Names { get; } = ["other", "load", "modules", "decode", "features", "warm-up", "training", "validation", "test", "prediction"];

    readonly TimeSpan[] spent;
    readonly int[] entered;

    internal PhaseReading(TimeSpan[] spent, int[] entered) => (this.spent, this.entered) = (spent, entered);

    /// <summary>The wall time: of all phases together.</summary>
    public TimeSpan Total => spent.Aggregate(TimeSpan.Zero, (sum, phase) => sum + phase);

    /// <summary>The time of one phase.</summary>
    /// <param name="phase">The phase.</param>
    /// <returns>The time; zero where there was no such phase.</returns>
    public TimeSpan Of(RunPhase phase) => spent[(int)phase];

    /// <summary>What came after an earlier reading of the same times.</summary>
    /// <param name="earlier">The earlier reading.</param>
    /// <returns>The difference.</returns>
    public PhaseReading Since(PhaseReading earlier)
    {
        ArgumentNullException.ThrowIfNull(earlier);
        return new([.. spent.Zip(earlier.spent, (now, then) => now - then)], [.. entered.Zip(earlier.entered, (now, then) => now - then)]);
    }

    /// <summary>The seconds of each phase that there was, and last of what is called <c>other</c>, rounded so that they add up to the rounded wall time.</summary>
    /// <param name="digits">The digits after the point. Default 3.</param>
    /// <returns>The seconds by the phases' names, as results record them: <c>load</c>, <c>modules</c>, <c>decode</c>, <c>features</c>, <c>warm-up</c>, <c>training</c>,
    /// <c>validation</c>, <c>test</c>, <c>prediction</c>, <c>other</c>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The digits are not from 0 to 7.</exception>
    public IReadOnlyDictionary<string, double> ToSeconds(int digits = 3)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(digits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(digits, 7);
        var seconds = new Dictionary<string, double>();
        var passed = TimeSpan.Zero;
        // The differences of rounded sums have the rounded sum of all; rounded one by one they would miss it.
        foreach (int phase in (int[])[.. Enumerable.Range(1, Names.Count - 1), (int)RunPhase.Other])
        {
            decimal before = Rounded(passed);
            passed += spent[phase];
            if (entered[phase] > 0 || spent[phase] > TimeSpan.Zero || phase == (int)RunPhase.Other) seconds[Names[phase]] = (double)(Rounded(passed) - before);
        }
        return seconds;

        decimal Rounded(TimeSpan span) => Math.Round((decimal)span.Ticks / TimeSpan.TicksPerSecond, digits);
    }
}

using FluentAssertions;
using Xunit;

namespace LoraComposition.FewShot.Tests.Progress;

/// <summary>Each moment belongs to one phase, and all phases together are the time that passed.</summary>
public sealed class PhaseTimesTests
{
    readonly ManualTime clock = new();

    [Fact]
    public void A_phase_within_another_one_interrupts_it()
    {
        var times = new PhaseTimes(clock);
        clock.Pass(1);
        using (times.Enter(RunPhase.WarmUp))
        {
            clock.Pass(2);
            using (times.Enter(RunPhase.Features))
            {
                clock.Pass(4);
                using (times.Enter(RunPhase.Decode)) clock.Pass(8);
                clock.Pass(16);
            }
            clock.Pass(32);
        }
        clock.Pass(64);

        var read = times.Read();

        read.ToSeconds().Should().Equal(new Dictionary<string, double> { ["decode"] = 8, ["features"] = 20, ["warm-up"] = 34, ["other"] = 65 });
        read.Of(RunPhase.Features).Should().Be(TimeSpan.FromSeconds(20));
        read.Of(RunPhase.Test).Should().Be(TimeSpan.Zero);
        read.Total.Should().Be(TimeSpan.FromSeconds(127));
    }

    [Fact]
    public void A_reading_says_what_came_after_an_earlier_one_and_does_not_change()
    {
        var times = new PhaseTimes(clock);
        using (times.Enter(RunPhase.Load)) clock.Pass(1);
        using var training = times.Enter(RunPhase.Training);
        clock.Pass(2);
        var earlier = times.Read();
        clock.Pass(3);
        using (times.Enter(RunPhase.Validation)) clock.Pass(5);

        var since = times.Read().Since(earlier);
        clock.Pass(100);

        // Load was over; the training had begun before.
        since.ToSeconds().Should().Equal(new Dictionary<string, double> { ["training"] = 3, ["validation"] = 5, ["other"] = 0 });
        since.Of(RunPhase.Training).Should().Be(TimeSpan.FromSeconds(3));
        since.Total.Should().Be(TimeSpan.FromSeconds(8));
    }

    [Fact]
    public void A_phase_that_ends_twice_ends_once()
    {
        var times = new PhaseTimes(clock);
        var load = times.Enter(RunPhase.Load);
        load.Dispose();
        using var training = times.Enter(RunPhase.Training);
        load.Dispose();
        clock.Pass(1);

        times.Read().Of(RunPhase.Training).Should().Be(TimeSpan.FromSeconds(1));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Rounded_seconds_add_up_to_the_rounded_wall_time(int digits)
    {
        var times = new PhaseTimes(clock);
        foreach (var phase in Enum.GetValues<RunPhase>())
        {
            using var entered = times.Enter(phase);
            // Rounded one by one, ten of these would make 0, 0 and 0.
            clock.Pass(0.0049);
        }

        var seconds = times.Read().ToSeconds(digits);

        seconds.Should().HaveCount(10);
        seconds.Values.Should().OnlyContain(spent => spent >= 0);
        ((decimal)Math.Round(seconds.Values.Sum(), 6)).Should().Be(Math.Round(0.049m, digits));
        seconds.Keys.Should().EndWith("other");
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        var times = new PhaseTimes();

        FluentActions.Invoking(() => times.Enter((RunPhase)99)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => times.Read().ToSeconds(8)).Should().Throw<ArgumentOutOfRangeException>();
    }
}

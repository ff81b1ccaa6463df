using LoraComposition.Faults;
using Spectre.Console;

namespace LoraComposition.CommandLine.Tests;

public sealed class LiveProgressReporterTests : IDisposable
{
    readonly Screen output = new();

    LiveProgressReporter Reporter => WithClock(TimeProvider.System);

    LiveProgressReporter WithClock(TimeProvider time) => new(
        AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.Yes, Interactive = InteractionSupport.Yes, Out = new AnsiConsoleOutput(output) }),
        time);

    public void Dispose() => output.Dispose();

    [Fact]
    public void Bars_show_the_work_and_lines_come_between()
    {
        using (var reporter = Reporter)
        using (var runs = reporter.Begin("runs [seed 1]", 4))
        {
            runs.Advance(3);
            using (var epochs = reporter.Begin("epochs", 0)) epochs.Advance();
            reporter.Report("class 3 [x] holds 1 sample");
            Wait(() => output.ToString().Contains("75%", StringComparison.Ordinal));
        }

        output.ToString().Should().Contain("runs [seed 1]").And.Contain("75%").And.Contain("class 3 [x] holds 1 sample");
    }

    [Fact]
    public void Work_can_follow_work_and_outlive_its_reporter()
    {
        var reporter = Reporter;
        reporter.Begin("first", 1).Dispose();
        var second = reporter.Begin("second", 1);
        reporter.Dispose();

        FluentActions.Invoking(() =>
        {
            second.Advance();
            second.Dispose();
            second.Dispose();
            reporter.Dispose();
        }).Should().NotThrow();
    }

    [Theory]
    [InlineData(-5)]
    [InlineData(5)]
    public void A_clock_that_is_set_anew_changes_no_estimate(int hours)
    {
        var time = new SetClock();
        using var reporter = WithClock(time);
        using var runs = reporter.Begin("runs", 100);
        for (int second = 0; second <= 20; second++)
        {
            if (second == 10) time.SetForward(TimeSpan.FromHours(hours));
            runs.Advance(1);
            if (second < 20) time.Pass(1);
        }

        // 79 are left; Spectre counts 21 in 20 seconds.
        Wait(() => output.ToString().Contains("21%", StringComparison.Ordinal) && output.ToString().Contains("00:01:15", StringComparison.Ordinal));
    }

    static void Wait(Func<bool> condition) => SpinWait.SpinUntil(condition, TimeSpan.FromSeconds(10)).Should().BeTrue();

    /// <summary>A writer that can be read while the thread of the display writes.</summary>
    sealed class Screen : StringWriter
    {
        readonly Lock gate = new();

        public override void Write(char value)
        {
            lock (gate) base.Write(value);
        }

        public override void Write(string? value)
        {
            lock (gate) base.Write(value);
        }

        public override void Write(char[] buffer, int index, int count)
        {
            lock (gate) base.Write(buffer, index, count);
        }

        public override string ToString()
        {
            lock (gate) return base.ToString();
        }
    }
}

using Spectre.Console;

namespace LoraComposition.CommandLine.Tests;

public sealed class LiveProgressReporterTests : IDisposable
{
    readonly Screen output = new();

    LiveProgressReporter Reporter => new(
        AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.Yes, Interactive = InteractionSupport.Yes, Out = new AnsiConsoleOutput(output) }),
        TimeProvider.System);

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

using LoraComposition.Faults;

namespace LoraComposition.FewShot.Tests.Progress;

public sealed class PlainProgressReporterTests : IDisposable
{
    readonly ManualTime time = new();
    readonly StringWriter output = new() { NewLine = "\n" };

    string[] Lines => output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);

    PlainProgressReporter Reporter => new(output, time);

    public void Dispose() => output.Dispose();

    void Advance(IProgressTask task, int times, double seconds)
    {
        for (int i = 0; i < times; i++)
        {
            time.Pass(seconds);
            task.Advance();
        }
    }

    [Fact]
    public void A_line_comes_at_most_every_ten_seconds_with_percent_and_estimate()
    {
        using (var task = Reporter.Begin("learned, K = 5", 40)) Advance(task, 40, seconds: 1);

        Lines.Should().Equal(
            "learned, K = 5: 25 % (10/40), about 30 s left",
            "learned, K = 5: 50 % (20/40), about 20 s left",
            "learned, K = 5: 75 % (30/40), about 10 s left",
            "learned, K = 5: done after 40 s");
    }

    [Theory]
    [InlineData(-5)]
    [InlineData(5)]
    public void A_clock_that_is_set_anew_changes_no_estimate(int hours)
    {
        var clock = new SetClock();
        using (var task = new PlainProgressReporter(output, clock).Begin("learned, K = 5", 40))
        {
            for (int second = 0; second < 40; second++)
            {
                if (second == 15) clock.SetForward(TimeSpan.FromHours(hours));
                clock.Pass(1);
                task.Advance();
            }
        }

        Lines.Should().Equal(
            "learned, K = 5: 25 % (10/40), about 30 s left",
            "learned, K = 5: 50 % (20/40), about 20 s left",
            "learned, K = 5: 75 % (30/40), about 10 s left",
            "learned, K = 5: done after 40 s");
    }

    [Fact]
    public void Short_work_leaves_no_line()
    {
        using (var task = Reporter.Begin("short", 9)) Advance(task, 9, seconds: 1);

        Lines.Should().BeEmpty();
    }

    [Fact]
    public void Several_pieces_of_work_share_the_ten_seconds()
    {
        var reporter = Reporter;
        using var outer = reporter.Begin("runs", 2);
        using var inner = reporter.Begin("epochs", 100);

        Advance(inner, 10, seconds: 1);
        outer.Advance();

        Lines.Should().Equal("epochs: 10 % (10/100), about 1 min 30 s left");
    }

    [Fact]
    public void Work_given_up_says_where_it_stopped_and_only_once()
    {
        var task = Reporter.Begin("learned", 1000);
        Advance(task, 1, seconds: 10);
        task.Dispose();
        task.Dispose();
        Advance(task, 1, seconds: 100);

        Lines.Should().Equal("learned: 0 % (1/1000), about 2 h 46 min left", "learned: stopped at 0 % (1/1000) after 10 s");
    }

    [Fact]
    public void Steps_beyond_the_total_do_not_count()
    {
        var task = Reporter.Begin("learned", 10);
        Advance(task, 1, seconds: 10);
        task.Advance(long.MaxValue);
        time.Pass(75);
        task.Dispose();

        Lines[^1].Should().Be("learned: done after 1 min 25 s");
    }

    [Fact]
    public void A_reported_line_comes_at_once()
    {
        Reporter.Report("class 3 holds 1 sample");

        Lines.Should().Equal("class 3 holds 1 sample");
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        FluentActions.Invoking(() => Reporter.Begin("", 1)).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => Reporter.Begin("x", -1)).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => Reporter.Begin("x", 1).Advance(-1)).Should().Throw<ArgumentException>();
    }

    [Theory]
    [InlineData(0.4, "0 s")]
    [InlineData(59.7, "1 min 0 s")]
    [InlineData(3599.9, "1 h 0 min")]
    [InlineData(90061, "1 d 1 h")]
    public void A_duration_has_its_two_largest_units(double seconds, string expected) => Duration.Text(TimeSpan.FromSeconds(seconds)).Should().Be(expected);
}

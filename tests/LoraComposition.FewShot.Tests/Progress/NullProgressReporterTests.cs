namespace LoraComposition.FewShot.Tests.Progress;

public class NullProgressReporterTests
{
    [Fact]
    public void Nothing_is_shown_by_the_null_reporter()
    {
        using var reporter = NullProgressReporter.Instance;
        using var task = reporter.Begin("x", 1);

        FluentActions.Invoking(() => task.Advance(-1)).Should().NotThrow();
    }
}

namespace LoraComposition.CommandLine.Tests.Experiments;

public class ProcessOptionsTests
{
    const long GiB = 1L << 30;

    [Theory]
    [InlineData(1, null, 1)]
    [InlineData(8, null, 8)]
    [InlineData(8, 1, 8)]
    [InlineData(8, 3, 2)]
    [InlineData(8, 16, 1)]
    public void AsManyAsTheThreadsLeaveCoresFor(int cores, int? threads, int expected) => ProcessOptions.CountOf(cores, threads, 64 * GiB, GiB / 100, runs: 100).Should().Be(expected);

    [Fact]
    public void AsFarAsTheMemoryGoes()
    {
        // 1 GiB of its own and eight times the model.
        ProcessOptions.CountOf(16, null, 30 * GiB, GiB, runs: 100).Should().Be(3);
        ProcessOptions.CountOf(16, null, 2 * GiB, GiB, runs: 100).Should().Be(1, "one runs whatever there is");
    }

    [Fact]
    public void NoMoreThanThereAreRuns() => ProcessOptions.CountOf(16, null, 64 * GiB, 0, runs: 3).Should().Be(3);
}

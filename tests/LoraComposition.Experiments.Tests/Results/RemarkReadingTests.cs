using System.Text.Json;

namespace LoraComposition.Experiments.Tests.Results;

public class RemarkReadingTests
{
    [Fact]
    public void EachRemarkIsSaidOnceWithTheRunsItIsOf()
    {
        var lines = RemarkReading.Of(
        [
            Run("uniform", 0, "Adapter 'a' changes nothing."), Run("uniform", 1, "Adapter 'a' changes nothing."), Run("learned", 0, "Adapter 'a' changes nothing.", "The training kept its start."),
            Run("learned", 1), Run("classifier", 0),
        ]);

        lines.Should().Equal("uniform, learned: Adapter 'a' changes nothing. (3 of 4 runs)", "learned: The training kept its start. (1 of 2 runs)");
    }

    [Fact]
    public void RunsWithoutDetailsOrRemarksSayNothing() => RemarkReading.Of(
    [
        ResultOf.Run("lora", 1, 0, 0.5), ResultOf.Run("lora", 1, 1, 0.5) with { Details = null }, ResultOf.Run("lora", 1, 2, 0.5) with { Details = JsonSerializer.SerializeToElement(new { remarks = 3 }) },
    ]).Should().BeEmpty();

    static RunResult Run(string method, int seed, params string[] remarks) => ResultOf.Run(method, 1, seed, 0.5) with { Details = JsonSerializer.SerializeToElement(new { remarks }) };
}

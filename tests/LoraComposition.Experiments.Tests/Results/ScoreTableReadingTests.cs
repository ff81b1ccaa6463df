namespace LoraComposition.Experiments.Tests.Results;

public class ScoreTableReadingTests
{
    [Fact]
    public void ARowsRangeIsComparedWithTheSeeds()
    {
        var sentences = ScoreTableReading.Of(new ScoreTable("method", "rank", ["4", "8", "16"],
        [
            ("flat", [Score(0.50, 0.02), Score(0.51, 0.01), Score(0.505, 0.01)]),
            ("steep", [Score(0.50, 0.02), Score(0.60, 0.01), null]),
            ("between", [Score(0.50, 0.01), Score(0.53, 0.01), Score(0.51, 0.02)]),
            ("once", [Score(0.50, 0), new ScoreStatistics(0.6, 0, 1), Score(0.55, 0)]),
            ("alone", [Score(0.5, 0), null, null]),
        ]));

        sentences.Should().HaveCount(4);
        sentences[0].Should().Be("flat: from 50.00 % (rank 4) to 51.00 % (rank 8), 1.00 points, within the spread of the seeds (2.00).");
        sentences[1].Should().Be("steep: from 50.00 % (rank 4) to 60.00 % (rank 8), 10.00 points, more than twice the spread of the seeds (2.00).");
        sentences[2].Should().EndWith("3.00 points, not clearly more than the spread of the seeds (2.00).");
        sentences[3].Should().EndWith("10.00 points; with one seed the spread is unknown.");
    }

    static ScoreStatistics Score(double mean, double deviation) => new(mean, deviation, 3);
}

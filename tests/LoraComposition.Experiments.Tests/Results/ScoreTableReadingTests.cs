namespace LoraComposition.Experiments.Tests.Results;

public class ScoreTableReadingTests
{
    [Fact]
    public void ARowsRangeHasAnInterval()
    {
        var sentences = ScoreTableReading.Of(new ScoreTable("method", "rank", ["4", "8", "16"],
        [
            ("flat", [Score(0.50, 0.02), Score(0.51, 0.01), Score(0.505, 0.01)]),
            ("steep", [Score(0.50, 0.02), Score(0.60, 0.01), null]),
            ("between", [Score(0.50, 0.01), Score(0.53, 0.01), Score(0.51, 0.02)]),
            ("once", [Score(0.50, 0), new ScoreStatistics(0.6, 0, 1), Score(0.55, 0)]),
            ("alone", [Score(0.5, 0), null, null]),
            ("same", [Score(0.50, 0), Score(0.52, 0), null]),
        ]));

        sentences.Should().HaveCount(5);
        // Of three pairs the widest: t of 2 degrees of freedom within 1 − 0.05 / 3 is 7.6488.
        sentences[0].Should().Be("flat: from 50.00 % (rank 4) to 51.00 % (rank 8), 1.00 points [-8.87, 10.87]: no difference can be seen.");
        sentences[1].Should().Be("steep: from 50.00 % (rank 4) to 60.00 % (rank 8), 10.00 points [4.45, 15.55]: rank 8 is better than 4.");
        sentences[2].Should().StartWith("between: from 50.00 % (rank 4) to 53.00 % (rank 8), 3.00 points [-3.25, 9.25]: no difference");
        sentences[3].Should().EndWith("10.00 points; with one seed there is no interval.");
        sentences[4].Should().EndWith("2.00 points; every seed gives the same number, so they say nothing of chance.");
    }

    static ScoreStatistics Score(double mean, double deviation) => new(mean, deviation, 3);
}

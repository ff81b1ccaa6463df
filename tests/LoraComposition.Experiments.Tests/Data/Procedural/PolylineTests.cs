namespace LoraComposition.Experiments.Tests.Data.Procedural;

public class PolylineTests
{
    static readonly Point[] Square = [new(2, 2), new(6, 2), new(6, 6), new(2, 6)];

    [Fact]
    public void FillsTheInside()
    {
        float[] coverage = new float[81];
        new Polyline(Square, closed: true).Fill(9, coverage);

        // 3 × 3 pixels lie wholly inside, the 16 on the border half.
        coverage.Count(c => c == 1).Should().Be(9);
        coverage.Count(c => c == 0.5f).Should().Be(16);
        coverage.Sum().Should().Be(17);
        coverage[4 * 9 + 4].Should().Be(1);
    }

    [Theory]
    [InlineData(true, 16)]
    [InlineData(false, 13)]
    public void DrawsTheLineAndTheLastSideOnlyWhereClosed(bool closed, int onTheLine)
    {
        float[] coverage = new float[81];
        new Polyline(Square, closed).Stroke(1, 9, coverage);

        coverage.Count(c => c == 1).Should().Be(onTheLine);
        coverage.Count(c => c > 0).Should().Be(onTheLine);
    }

    [Fact]
    public void KeepsWhatWasStronger()
    {
        float[] coverage = [.. Enumerable.Repeat(0.75f, 81)];
        new Polyline(Square, closed: true).Fill(9, coverage);

        coverage.Distinct().Should().BeEquivalentTo([0.75f, 1f]);
    }
}

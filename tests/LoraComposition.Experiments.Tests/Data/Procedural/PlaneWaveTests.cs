using LoraComposition.FewShot;

namespace LoraComposition.Experiments.Tests.Data.Procedural;

public class PlaneWaveTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.25f, 0.5f)]
    [InlineData(0.5f, 0)]
    [InlineData(1.125f, 0.75f)]
    [InlineData(-0.125f, 0.75f)]
    public void RisesAndFallsEvenly(float x, float expected)
    {
        var wave = new PlaneWave(1, 0, Steepness: 1);

        wave.At(new Point(x, 7), 0).Should().BeApproximately(expected, 1e-6f);
        wave.At(new Point(x - 0.3f, 7), 0.3f).Should().BeApproximately(expected, 1e-6f);
    }

    [Fact]
    public void ASteepWaveIsNearlySquare() => Enumerable.Range(0, 100).Count(i => new PlaneWave(0, 1, 5).At(new Point(0, i / 100f), 0) is > 0 and < 1).Should().BeInRange(15, 25);

    [Fact]
    public void FrequenciesStayBelowWhatASmallPictureShows()
    {
        var random = new SeededRandom(ExperimentStreams.TextureClass, 1);

        Enumerable.Range(0, 200).Select(_ => PlaneWave.Draw(random)).Should().AllSatisfy(w => MathF.Sqrt(w.X * w.X + w.Y * w.Y).Should().BeInRange(1.99f, 9.01f));
    }
}

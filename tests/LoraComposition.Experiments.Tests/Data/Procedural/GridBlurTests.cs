namespace LoraComposition.Experiments.Tests.Data.Procedural;

public class GridBlurTests
{
    [Fact]
    public void SpreadsAPointByBinomialWeights() =>
        GridBlur.Apply([0, 0, 0, 0, 16, 0, 0, 0, 0], 3).Should().Equal(1, 2, 1, 2, 4, 2, 1, 2, 1);

    [Fact]
    public void KeepsWhatIsFlatUpToTheBorder() => GridBlur.Apply([2, 2, 2, 2], 2).Should().Equal(2, 2, 2, 2);

    [Fact]
    public void SlopesAreCentralDifferences() =>
        GridSlope.Apply([0, 3, 6, 4, 7, 10, 8, 11, 14], 3).Should().Equal(5, MathF.Sqrt(36 + 16), 5, MathF.Sqrt(9 + 64), 10, MathF.Sqrt(9 + 64), 5, MathF.Sqrt(36 + 16), 5);
}

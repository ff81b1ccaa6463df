namespace LoraComposition.FewShot.Tests.Sampling;

public class TrainValidationSplitTests
{
    // 40 of class 0, 10 of class 1, 2 of class 2, 1 of class 3, none of class 4.
    static readonly int[] Labels = [.. Enumerable.Repeat(0, 40), .. Enumerable.Repeat(1, 10), 2, 2, 3];

    [Fact]
    public void HoldsOutAFractionOfEachClass()
    {
        var split = TrainValidationSplit.CreateByFraction(Labels, 5, 0.25, 1);

        PerClass(split.Validation).Should().Equal(10, 3, 1, 0, 0);
        BeDisjointAndComplete(split);
    }

    [Fact]
    public void HoldsOutANumberAndLeavesOneForTraining()
    {
        var split = TrainValidationSplit.CreatePerClass(Labels, 5, 12, 1);

        PerClass(split.Validation).Should().Equal(12, 9, 1, 0, 0);
        PerClass(split.Train).Should().Equal(28, 1, 1, 1, 0);
        BeDisjointAndComplete(split);
    }

    [Fact]
    public void HoldsOutATotal()
    {
        var split = TrainValidationSplit.CreateTotal(Labels.Length, 20, 1);

        split.Validation.Should().HaveCount(20);
        BeDisjointAndComplete(split);
        TrainValidationSplit.CreateTotal(5, 9, 1).Train.Should().ContainSingle();
    }

    [Fact]
    public void FollowsTheSeed()
    {
        var split = TrainValidationSplit.CreatePerClass(Labels, 5, 5, 1);

        TrainValidationSplit.CreatePerClass(Labels, 5, 5, 1).Validation.Should().Equal(split.Validation);
        TrainValidationSplit.CreatePerClass(Labels, 5, 5, 2).Validation.Should().NotEqual(split.Validation);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(double.NaN)]
    public void RefusesFractionsThatAreNone(double fraction) =>
        FluentActions.Invoking(() => TrainValidationSplit.CreateByFraction(Labels, 5, fraction, 1)).Should().Throw<ArgumentOutOfRangeException>();

    static int[] PerClass(IEnumerable<int> indices) => [.. Enumerable.Range(0, 5).Select(c => indices.Count(i => Labels[i] == c))];

    static void BeDisjointAndComplete(TrainValidationSplit split) =>
        split.Train.Concat(split.Validation).Order().Should().Equal(Enumerable.Range(0, Labels.Length));
}

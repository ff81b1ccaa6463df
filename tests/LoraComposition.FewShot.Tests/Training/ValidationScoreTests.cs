namespace LoraComposition.FewShot.Tests.Training;

public sealed class ValidationScoreTests
{
    [Theory]
    [InlineData(0.6, 9.0, 0.5, 0.1, true)]
    [InlineData(0.5, 0.1, 0.6, 9.0, false)]
    [InlineData(0.5, 0.1, 0.5, 0.2, true)]
    [InlineData(0.5, 0.2, 0.5, 0.1, false)]
    [InlineData(0.5, 0.1, 0.5, 0.1, false)]
    [InlineData(0.5, double.NaN, 0.5, 0.1, false)]
    public void ComparesAccuracyThenLoss(double accuracy, double loss, double otherAccuracy, double otherLoss, bool better) =>
        new ValidationScore(accuracy, loss).IsBetterThan(new ValidationScore(otherAccuracy, otherLoss), StoppingCriterion.Accuracy).Should().Be(better);

    [Theory]
    [InlineData(0.4, 0.1, 0.5, 0.2, true)]
    [InlineData(0.6, 0.2, 0.5, 0.1, false)]
    [InlineData(0.6, 0.1, 0.5, 0.1, false)]
    [InlineData(0.5, double.NaN, 0.5, 0.1, false)]
    public void OrTheLossAlone(double accuracy, double loss, double otherAccuracy, double otherLoss, bool better) =>
        new ValidationScore(accuracy, loss).IsBetterThan(new ValidationScore(otherAccuracy, otherLoss), StoppingCriterion.Loss).Should().Be(better);
}

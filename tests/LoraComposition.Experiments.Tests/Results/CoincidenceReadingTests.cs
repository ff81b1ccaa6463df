namespace LoraComposition.Experiments.Tests.Results;

public class CoincidenceReadingTests
{
    [Fact]
    public void EqualAnswersAreToldFromEqualNumbers()
    {
        Read(Run("uniform", "0101"), Run("learned", "0101"), Run("lora", "0111")).Should().Equal(
            "learned and uniform coincide to three digits at K = 1; their predictions are identical: with every seed they are right on the same test samples.");
        Read(Run("uniform", "0101"), Run("learned", "1010")).Should().Equal(
            "learned and uniform coincide to three digits at K = 1; their predictions are not identical: with 1 of 1 seeds they are right on other test samples.");
    }

    [Fact]
    public void WithoutBitsItIsUnknown() => Read(ResultOf.Run("a", 1, 0, 0.85312, 0), ResultOf.Run("b", 1, 0, 0.85298, 0)).Should().Equal(
        "a and b coincide to three digits at K = 1; whether their predictions are identical is unknown: the results do not keep which samples were right.");

    [Fact]
    public void TheFourthDigitTellsNothing() => Read(ResultOf.Run("a", 1, 0, 0.8530, 0), ResultOf.Run("b", 1, 0, 0.8540, 0)).Should().BeEmpty();

    [Fact]
    public void EqualLinesOfSeveralKAreOne() =>
        Read(Run("a", "01", 1), Run("b", "01", 1), Run("a", "11", 5), Run("b", "11", 5)).Should().ContainSingle().Which.Should().StartWith("a and b coincide to three digits at K = 1, 5; ");

    static IReadOnlyList<string> Read(params RunResult[] runs) => CoincidenceReading.Of(Summary.Of(runs, []), runs);

    static RunResult Run(string method, string bits, int shots = 1)
    {
        bool[] correct = [.. bits.Select(c => c == '1')];
        return ResultOf.Run(method, shots, 0, correct.Count(b => b) / (double)correct.Length, 0) with { TestCount = correct.Length, Correct = CorrectSamples.Encode(correct) };
    }
}

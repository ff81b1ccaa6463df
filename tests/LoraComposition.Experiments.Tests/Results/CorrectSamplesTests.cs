namespace LoraComposition.Experiments.Tests.Results;

public class CorrectSamplesTests
{
    /// <summary>The first and the ninth of nine: 0x01 0x01.</summary>
    [Fact]
    public void TheFirstSampleIsTheLowestBitOfTheFirstByte()
    {
        bool[] correct = [true, false, false, false, false, false, false, false, true];

        CorrectSamples.Encode(correct).Should().Be("AQE=");
        CorrectSamples.Of(ResultOf.Run("a", 1, 0, 2.0 / 9) with { TestCount = 9, Correct = "AQE=" }).Should().Equal(correct);
    }

    [Fact]
    public void EarlierResultsDoNotSay() => CorrectSamples.Of(ResultOf.Run("a", 1, 0, 0.5)).Should().BeNull();

    [Theory]
    [InlineData("AQE=", 9, 2.0 / 9, null)]
    [InlineData("AQE=", 9, 3.0 / 9, "*as many right samples*2 of 9*")]
    [InlineData("AQE=", 8, 0.25, "*base64 of 8 bits*")]
    [InlineData("AQE=", 17, 2.0 / 17, "*base64 of 17 bits*")]
    [InlineData("!", 9, 0, "*base64*")]
    public void WhatDoesNotFitTheResultIsNamed(string text, int count, double accuracy, string? problem)
    {
        string? found = CorrectSamples.Problem(text, count, accuracy);

        if (problem is null) found.Should().BeNull();
        else found.Should().Match(problem);
    }
}

namespace LoraComposition.FewShot.Tests.Sampling;

public class SeededRandomTests
{
    [Fact]
    public void KeysAndStreamsAreIndependent()
    {
        ulong[] first =
        [
            new SeededRandom(RandomStream.FewShot, 0).NextUInt64(), new SeededRandom(RandomStream.FewShot, 0, 0).NextUInt64(), new SeededRandom(RandomStream.FewShot).NextUInt64(),
            new SeededRandom(RandomStream.Validation, 0).NextUInt64(), new SeededRandom(RandomStream.FewShot, 1, 2).NextUInt64(), new SeededRandom(RandomStream.FewShot, 2, 1).NextUInt64(),
            new SeededRandom(RandomStream.FewShot, -1).NextUInt64(),
        ];

        first.Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public void IntegersAreEvenlySpread()
    {
        var random = new SeededRandom(RandomStream.FewShot, 1);
        int[] counts = new int[7];
        for (int i = 0; i < 70_000; i++) counts[random.Next(7)]++;

        counts.Should().AllSatisfy(n => n.Should().BeInRange(9_500, 10_500));
    }

    [Fact]
    public void NumbersStayBetweenTheirBounds()
    {
        var random = new SeededRandom(RandomStream.FewShot, 1);
        float[] numbers = [.. Enumerable.Range(0, 10_000).Select(_ => random.NextSingle(-2, 3))];

        numbers.Should().AllSatisfy(n => n.Should().BeInRange(-2, 3));
        numbers.Average().Should().BeApproximately(0.5f, 0.1f);
        numbers.Min().Should().BeLessThan(-1.9f);
        numbers.Max().Should().BeGreaterThan(2.9f);
    }
}

using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Data;

namespace LoraComposition.Experiments.Tests.Data.Benchmarks;

public class SubsetTests
{
    static readonly MemoryDataset Source = new([0, 1, 2, 3, 2, 1, 0, 3], 4);

    [Fact]
    public void LabelSubsetRemapsInTheGivenOrder()
    {
        var subset = new LabelSubset(Source, [3, 1]);

        subset.ClassNames.Should().Equal("c3", "c1");
        subset.SourceIndices.Should().Equal(1, 3, 5, 7);
        subset.Labels().Should().Equal(1, 0, 1, 0);
        subset.SourceLabels.Should().Equal(3, 1);
        subset.Decode(2).Pixels[0].Should().Be(5);
    }

    [Theory]
    [InlineData(4, "*labels 0 to 3, found 4*")]
    [InlineData(-1, "*found -1*")]
    [InlineData(2, "*given twice*")]
    public void LabelSubsetRefusesWrongLabels(int label, string message) =>
        FluentActions.Invoking(() => new LabelSubset(Source, [2, label])).Should().Throw<ArgumentException>().WithMessage(message);

    [Fact]
    public void LabelSubsetRefusesNoLabels() =>
        FluentActions.Invoking(() => new LabelSubset(Source, [])).Should().Throw<ArgumentException>().WithMessage("*at least one*");

    [Fact]
    public void ViewKeepsOrderAndLabels()
    {
        var view = new DatasetView(Source, [6, 2, 3], "some");

        view.Name.Should().Be("some");
        view.Count.Should().Be(3);
        view.Labels().Should().Equal(0, 2, 3);
        view.Decode(0).Pixels[0].Should().Be(6);
        view.ClassNames.Should().HaveCount(4);
    }

    [Fact]
    public void ViewRefusesIndicesOutside()
    {
        FluentActions.Invoking(() => new DatasetView(Source, [8])).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*8 pictures*");
        FluentActions.Invoking(() => new DatasetView(Source, [1, 2]).Label(2)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*2 pictures*");
    }

    [Fact]
    public void FingerprintsTellSubsetsApart()
    {
        string[] prints =
        [
            Source.Fingerprint, new LabelSubset(Source, [1, 2]).Fingerprint, new LabelSubset(Source, [2, 1]).Fingerprint, new LabelSubset(Source, [1]).Fingerprint,
            new DatasetView(Source, [1, 2]).Fingerprint, new DatasetView(Source, [2, 1]).Fingerprint,
        ];

        prints.Should().OnlyHaveUniqueItems();
        new LabelSubset(Source, [1, 2], "another name").Fingerprint.Should().Be(prints[1]);
    }
}

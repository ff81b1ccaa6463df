using System.Xml.Linq;
using LoraComposition.FewShot.Tests.Support;
using SkiaSharp;

namespace LoraComposition.Experiments.Tests.Results;

public class LayerMatricesTests
{
    static readonly LayerMatrix First = Of("first", [0.25, 0.75], [0.5, 0.5]), Second = Of("second", [0.75, 0.25], [0.1, 0.9]), Flat = Of("flat", [0.5, 0.5 + 5e-7], [0.5, 0.5]);

    [Fact]
    public void TheMeanIsTakenCellByCell()
    {
        var mean = LayerMatrices.Mean("mean", [First, Second]);

        mean.Title.Should().Be("mean");
        mean.Values[0].Should().Equal(0.5, 0.5);
        mean.Values[1].Should().Equal((0.5 + 0.1) / 2, (0.5 + 0.9) / 2);
        FluentActions.Invoking(() => LayerMatrices.Mean("none", [])).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => LayerMatrices.Mean("odd", [First, First with { Columns = ["a", "c"] }])).Should().Throw<ArgumentException>();
    }

    [Fact]
    public void AMatrixIsWrittenInFourForms()
    {
        using var folder = new TemporaryFolder();

        LayerMatrixFiles.SaveWeights([(First, folder["matrices/one"]), (Second, folder["matrices/two"])]);

        Directory.GetFiles(folder["matrices"]).Select(Path.GetFileName).Should().BeEquivalentTo("one.json", "one.csv", "one.png", "one.svg", "two.json", "two.csv", "two.png", "two.svg");
        LayerMatrix.Load(folder["matrices/two.json"]).Should().BeEquivalentTo(Second);
        File.ReadAllText(folder["matrices/one.csv"]).Should().Be("layer,a,\"b, c\"\nlayer 0,0.25,0.75\nlayer 1,0.5,0.5\n");
        XDocument.Load(folder["matrices/one.svg"]).Descendants().Where(e => e.Name.LocalName == "text").Select(t => t.Value).Should().Contain(["first", "layer 0", "b, c", "0.250"]);
        using var image = SKBitmap.Decode(folder["matrices/one.png"]);
        // The cells of the uniform weight are nearly white.
        image.Pixels.Count(pixel => pixel == new SKColor(247, 247, 247)).Should().BeGreaterThan(1000);
    }

    [Fact]
    public void WeightsThatSayNothingAreNotDrawn()
    {
        using var folder = new TemporaryFolder();

        LayerMatrixFiles.SaveWeights([(Flat, folder["flat"])]);

        folder.Files.Should().BeEquivalentTo("flat.json", "flat.csv");
    }

    [Fact]
    public void AMatrixThatCannotBeLeavesNoFile()
    {
        using var folder = new TemporaryFolder();

        FluentActions.Invoking(() => LayerMatrixFiles.Save([(First with { Values = [[1, double.NaN], [0, 0]] }, folder["bad"])])).Should().Throw<ArgumentException>();

        folder.Files.Should().BeEmpty();
    }

    [Fact]
    public void WeightsAreReadAgainstTheSeeds()
    {
        LayerReading.OfWeights([First, Second]).Should().StartWith("first: from 30.0 % (a, layer 1) to 70.0 % (b, c, layer 1); uniform is 50.0 %").And.EndWith(": hardly more than chance.");
        LayerReading.OfWeights([First, Of("like", [0.26, 0.74], [0.51, 0.49])]).Should().EndWith(": more than chance.");
        LayerReading.OfWeights([Flat, Flat]).Should().Be("flat: the start was kept in 2 of 2 runs; every weight is 50.0 %.");
        LayerReading.OfWeights([First, Flat]).Should().Contain("; the start was kept in 1 of 2 runs.");
        LayerReading.OfWeights([First]).Should().Contain("with one seed");
        LayerReading.OfWeights([new LayerMatrix("single", ["layer 0"], ["a"], [[1]])]).Should().Contain("the weight is 1 at every layer");
        FluentActions.Invoking(() => LayerReading.OfWeights([])).Should().Throw<ArgumentException>();
    }

    [Fact]
    public void SimilaritiesAreReadWithTheWeights()
    {
        double[] rising = [.. Enumerable.Range(0, 10).Select(i => 0.1 * i)];
        var similarities = new LayerMatrix("CKA", ["layer 0"], [.. rising.Select((_, i) => $"m{i}")], [rising]);

        LayerReading.OfSimilarities(similarities, similarities).Should().Be("CKA: from 0.00 (m0, layer 0) to 0.90 (m9, layer 0); correlation with the learned weights over 10 cells 1.00: modules that are more alike get more weight.");
        LayerReading.OfSimilarities(similarities, similarities with { Values = [[.. rising.Reverse()]] }).Should().Contain("-1.00: modules that are more alike get less weight");
        LayerReading.OfSimilarities(similarities, similarities with { Values = [[.. rising.Select((_, i) => i % 2 == 0 ? 0.1 : 0.2)]] }).Should().Contain("no clear relation");
        LayerReading.OfSimilarities(similarities, similarities with { Values = [[.. rising.Select(_ => 0.1)]] }).Should().Contain("have no correlation");
    }

    static LayerMatrix Of(string title, params double[][] values) => new(title, ["layer 0", "layer 1"], ["a", "b, c"], values);
}

using System.Xml.Linq;
using LoraComposition.FewShot.Tests.Support;
using SkiaSharp;

namespace LoraComposition.Experiments.Tests.Results;

public class SubsetTableTests
{
    static readonly SubsetTable Table = Of(0.01, (["a"], 0.5), (["b, c"], 0.7), (["a", "b, c"], 0.8));

    [Fact]
    public void TheTableHasMeanLeastAndMostOfEachNumber()
    {
        var rows = Table.Grid.Rows.Select(row => row.Select(cell => cell.Text).ToArray()).ToArray();

        rows.Should().HaveCount(2);
        rows[0].Should().Equal("1", "2", "60.00", "50.00", "70.00");
        rows[1].Should().Equal("2", "1", "80.00", "80.00", "80.00");
    }

    [Fact]
    public void TheCsvHasALineForEachSubset()
    {
        using var folder = new TemporaryFolder();

        With(("full", new ScoreStatistics(0.9, 0.02, 2))).WriteCsv(folder["new/subsets.csv"]);

        File.ReadAllLines(folder["new/subsets.csv"]).Should().Equal("subset,n,mean,std,runs,ci95_low,ci95_high", "a,1,0.5000000000,0.0100000000,3,0.4751586229,0.5248413771", "\"b, c\",1,0.7000000000,0.0100000000,3,0.6751586229,0.7248413771", "\"a + b, c\",2,0.8000000000,0.0100000000,3,0.7751586229,0.8248413771",
            "full,0,0.9000000000,0.0200000000,2,0.7203071294,1.0000000000");
    }

    [Fact]
    public void TheCsvIsReadBack()
    {
        using var folder = new TemporaryFolder();
        string path = folder["subsets.csv"];
        new SubsetTable([new(["a"], new(0.5, 0.01, 3)), new(["b, \"c\""], new(0.7, 0, 1)), new(["a", "b, \"c\""], new(0.8, 0.01, 3))]) { References = [("full", new(0.9, 0.02, 2))] }.WriteCsv(path);

        var read = SubsetTable.ReadCsv(path);

        read.Subsets.Select(s => s.Score).Should().Equal([new ScoreStatistics(0.5, 0.01, 3), new ScoreStatistics(0.7, 0, 1), new ScoreStatistics(0.8, 0.01, 3)]);
        read.Subsets.Select(s => s.Name).Should().Equal("a", "b, \"c\"", "a + b, \"c\"");
        read.Sizes.Select(s => s.Modules).Should().Equal(1, 2);
        read.References.Should().Equal(("full", new ScoreStatistics(0.9, 0.02, 2)));
    }

    [Theory]
    [InlineData("subset,n,mean,std\na,1,0.5,0\n", "the first line")]
    [InlineData("subset,n,mean,std,runs\n", "no line")]
    [InlineData("subset,n,mean,std,runs\na,1,0.5,0\n", "line 2 has not 5 fields")]
    [InlineData("subset,n,mean,std,runs\n\"a,1,0.5,0,1\n", "line 2 has not 5 fields")]
    [InlineData("subset,n,mean,std,runs\na,1,1.5,0,1\n", "line 2: expected two numbers")]
    [InlineData("subset,n,mean,std,runs\na,1,0.5,0,0\n", "line 2: expected two numbers")]
    [InlineData("subset,n,mean,std,runs\na + b,1,0.5,0,1\n", "line 2: expected as many modules")]
    [InlineData("subset,n,mean,std,runs\na,1,0.5,0,1\na,1,0.6,0,1\n", "'a' occurs twice")]
    [InlineData("subset,n,mean,std,runs\nfull,0,0.5,0,1\n", "no subsets")]
    public void ADamagedCsvIsNamed(string text, string problem)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["subsets.csv"], text);

        FluentActions.Invoking(() => SubsetTable.ReadCsv(folder["subsets.csv"])).Should().Throw<RunFileException>().WithMessage($"*subsets.csv*{problem}*");
    }

    [Fact]
    public void WhatCannotBeIsRefused()
    {
        FluentActions.Invoking(() => new SubsetTable([])).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => Of(0, ([], 0.5))).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => Of(0, (["a", "b"], 0.5), (["b", "a"], 0.6))).Should().Throw<ArgumentException>().WithMessage("*'a + b' occurs twice*");
    }

    [Fact]
    public void ThePlotShowsSubsetsMeanAndReference()
    {
        using var folder = new TemporaryFolder();

        SubsetPlot.Save(With(("full", new ScoreStatistics(0.9, 0.02, 3))), "learned", "Subsets", new PlotLabels("Modules", "Accuracy"), folder["plots/subsets"]);

        using var image = SKBitmap.Decode(folder["plots/subsets.png"]);
        (image.Width, image.Height).Should().Be((1200, 800));
        // Points, the line of the means, the reference.
        image.Pixels.Should().Contain(SKColor.Parse("#56B4E9")).And.Contain(SKColor.Parse("#0072B2")).And.Contain(SKColor.Parse("#D55E00"));
        XDocument.Load(folder["plots/subsets.svg"]).Descendants().Where(e => e.Name.LocalName == "text").Select(t => t.Value.Trim())
            .Should().Contain(["Subsets", "Modules", "Accuracy", "full", "learned, one subset", "learned, mean", "1", "2"]);
    }

    [Fact]
    public void TheReadingTellsNumberChoiceAndSeedsApart()
    {
        Read(0.01, 0.5, 0.5, 0.6).Should().Contain("1 module to 2").And.Contain("50.00 to 60.00 %").And.EndWith("the number of modules matters, which they are does not stand out from the seeds.");
        Read(0.01, 0.4, 0.6, 0.52).Should().Contain("subsets of 1 module differ by up to 20.00 points").And.EndWith("which modules they are matters more than their number.");
        Read(0.01, 0.4, 0.45, 0.6).Should().EndWith("the number of modules matters more than which they are.");
        Read(0.05, 0.4, 0.6, 0.52).Should().Contain("standard deviation of 5.00 points").And.EndWith("their number does not stand out from the seeds.");
        Read(0.05, 0.5, 0.5, 0.58).Should().EndWith("neither stands out from the seeds.");
        Read(0.2, 0.5, 0.52, 0.53).Should().EndWith("neither stands out from the seeds.");
        SubsetReading.Of(new SubsetTable([new(["a"], ScoreStatistics.Of([0.5])), new(["a", "b"], ScoreStatistics.Of([0.6]))]))[0].Should().Contain("unknown");
    }

    [Fact]
    public void TheReadingComparesWithReferencesAndWarnsOfTheBest()
    {
        var sentences = SubsetReading.Of(With(("full", new ScoreStatistics(0.9, 0.02, 3)), ("lora", new ScoreStatistics(0.79, 0.02, 3)), ("classifier", new ScoreStatistics(0.7, 0, 1))));

        sentences.Should().HaveCount(5);
        sentences[1].Should().Contain("best of 3 subsets is a + b, c with 80.00 %").And.Contain("too high");
        sentences[2].Should().Be("full has 90.00 %, 10.00 points above the composition of 2 modules [4.45, 15.55].");
        sentences[3].Should().Contain("1.00 points below").And.Contain("]: no difference can be seen");
        sentences[4].Should().Contain("one seed");
    }

    static string Read(double deviation, double first, double second, double both) => SubsetReading.Of(Of(deviation, (["a"], first), (["b"], second), (["a", "b"], both)))[0];

    static SubsetTable With(params (string, ScoreStatistics)[] references) => new([.. Table.Subsets]) { References = references };

    static SubsetTable Of(double deviation, params (string[] Modules, double Mean)[] subsets) => new([.. subsets.Select(s => new SubsetScore(s.Modules, new ScoreStatistics(s.Mean, deviation, 3)))]);
}

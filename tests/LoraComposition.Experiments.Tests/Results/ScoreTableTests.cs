using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Results;

public class ScoreTableTests
{
    static readonly ScoreTable Table = new("method", "modules", ["1", "3"],
        [("uniform", [ScoreStatistics.Of([0.5, 0.7]), null]), ("learned | v", [ScoreStatistics.Of([0.6]), ScoreStatistics.Of([0.25, 0.5])])]);

    [Fact]
    public void StatisticsAreMeanAndSampleDeviation()
    {
        var statistics = ScoreStatistics.Of([0.5, 0.6, 1.0]);

        statistics.Mean.Should().BeApproximately(0.7, 1e-12);
        statistics.StandardDeviation.Should().BeApproximately(Math.Sqrt((0.04 + 0.01 + 0.09) / 2), 1e-12);
        statistics.Runs.Should().Be(3);
        ScoreStatistics.Of([0.4]).StandardDeviation.Should().Be(0);
        FluentActions.Invoking(() => ScoreStatistics.Of([])).Should().Throw<ArgumentException>();
    }

    [Fact]
    public void TheGridKnowsTheBestOfAColumnTiesIncluded()
    {
        var grid = Table.Grid;

        grid.Header.Should().Equal("method", "1", "3");
        grid.Rows[0].Should().Equal(Cells(("uniform", false), ("60.00 [0.00, 100.00]", true), ("–", false)));
        grid.Rows[1].Should().Equal(Cells(("learned | v", false), ("60.00", true), ("37.50 [0.00, 100.00]", true)));
    }

    static SummaryGrid.Cell[] Cells(params (string Text, bool Best)[] cells) => [.. cells.Select(cell => new SummaryGrid.Cell(cell.Text, cell.Best))];

    [Fact]
    public void TheCsvHasALineForEachResult()
    {
        using var folder = new TemporaryFolder();

        Table.WriteCsv(folder["new/table.csv"]);

        File.ReadAllLines(folder["new/table.csv"]).Should().Equal("method,modules,mean,std,runs,ci95_low,ci95_high", "uniform,1,0.6000000000,0.1414213562,2,0.0000000000,1.0000000000", "learned | v,1,0.6000000000,0.0000000000,1,,", "learned | v,3,0.3750000000,0.1767766953,2,0.0000000000,1.0000000000");
    }

    [Fact]
    public void TheCsvIsReadBack()
    {
        using var folder = new TemporaryFolder();
        var table = new ScoreTable("method, of \"all\"", "modules", ["1", "3"], [("uniform", [new(0.6, 0.125, 2), null]), ("a,b", [new(0.5, 0, 1), new(0.375, 0.25, 2)])]);
        table.WriteCsv(folder["table.csv"]);

        var read = ScoreTable.ReadCsv(folder["table.csv"]);

        (read.RowTitle, read.ColumnTitle).Should().Be((table.RowTitle, table.ColumnTitle));
        read.Columns.Should().Equal(table.Columns);
        read.Rows.Select(row => row.Name).Should().Equal("uniform", "a,b");
        foreach (var (row, expected) in read.Rows.Zip(table.Rows)) row.Cells.Should().Equal(expected.Cells);
    }

    [Fact]
    public void ATableOfAnEarlierVersionHasNoIntervals()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["table.csv"], "method,modules,mean,std,runs\nuniform,1,0.6,0.125,2\n");

        ScoreTable.ReadCsv(folder["table.csv"]).Rows.Single().Cells.Should().Equal(new ScoreStatistics(0.6, 0.125, 2));
    }

    [Theory]
    [InlineData("a,b,mean,std\nx,1,0.5,0\n", "the first line")]
    [InlineData("a,b,mean,std,runs\n", "no line")]
    [InlineData("a,b,mean,std,runs\nx,1,0.5,0,1,2\n", "line 2 has not 5 fields")]
    [InlineData("a,b,mean,std,runs\nx,1,0.5,0,1\nx,1,0.5,0,1\n", "'x' has two scores of '1'")]
    [InlineData("a,b,mean,std,runs\nx,1,nan,0,1\n", "line 2: expected two numbers")]
    [InlineData("a,b,mean,std,runs\nx,1,0.5,0,-1\n", "line 2: expected two numbers")]
    public void ADamagedCsvIsNamed(string text, string problem)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["table.csv"], text);

        FluentActions.Invoking(() => ScoreTable.ReadCsv(folder["table.csv"])).Should().Throw<RunFileException>().WithMessage($"*table.csv*{problem}*");
    }

    [Fact]
    public void EveryRowHasACellForEachColumn() =>
        FluentActions.Invoking(() => new ScoreTable("a", "b", ["1", "2"], [("x", [null])])).Should().Throw<ArgumentException>().WithMessage("*'x'*2 columns*1*");

    [Fact]
    public void AnEmptyTableIsNotPlotted()
    {
        using var folder = new TemporaryFolder();

        FluentActions.Invoking(() => ScorePlot.Save(new ScoreTable("a", "b", ["1"], [("x", [null])]), "t", PlotLabels.Text, folder["plot"])).Should().Throw<ArgumentException>();
        folder.Files.Should().BeEmpty();
    }
}

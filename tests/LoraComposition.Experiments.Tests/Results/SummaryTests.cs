using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Results;

public class SummaryTests
{
    static readonly RunResult[] results =
    [
        .. ResultOf.Runs("learned", null, 108, 0.9),
        .. ResultOf.Runs("learned", 10, 108, 0.5, 0.6, 0.7),
        .. ResultOf.Runs("learned", 2, 108, 0.25, 0.75),
        .. ResultOf.Runs("extra, \"odd\"", 2, 0, 1, 1),
        .. ResultOf.Runs("lora", 2, 884736, 0.125, 0.5),
    ];

    [Fact]
    public void Mean_and_sample_standard_deviation_are_those_worked_out_by_hand()
    {
        var summary = Summary.Of(results, ["lora", "learned"]);

        var row = summary.Find("learned", 10)!;
        row.Mean.Should().BeApproximately(0.6, 1e-12);
        row.StandardDeviation.Should().BeApproximately(0.1, 1e-12); // √((0.01 + 0 + 0.01) / 2)
        summary.Find("learned", 2)!.StandardDeviation.Should().BeApproximately(Math.Sqrt(0.125), 1e-12);
        summary.Find("learned", null).Should().Be(new SummaryRow("learned", null, 0.9, 0, 1, 108));
        summary.Find("lora", 10).Should().BeNull();
    }

    [Fact]
    public void Methods_keep_the_given_order_and_all_samples_come_last()
    {
        var summary = Summary.Of(results, ["absent", "lora", "learned"]);

        summary.Methods.Should().Equal("lora", "learned", "extra, \"odd\"");
        summary.Shots.Should().Equal(2, 10, null);
        summary.Rows.Select(r => (r.Method, r.Shots)).Should().Equal(("lora", 2), ("learned", 2), ("learned", 10), ("learned", null), ("extra, \"odd\"", (int?)2));
    }

    [Fact]
    public void The_csv_has_exactly_these_lines()
    {
        using var folder = new TemporaryFolder();
        string path = folder["deeper/summary.csv"];

        Summary.Of(results, ["lora", "learned"]).WriteCsv(path);

        File.ReadAllBytes(path).Should().Equal(System.Text.Encoding.ASCII.GetBytes(
            "method,shots,mean,std,runs,trainable_parameters,ci95_low,ci95_high\n" +
            "lora,2,0.312500,0.265165,2,884736,0.000000,1.000000\n" +
            "learned,2,0.500000,0.353553,2,108,0.000000,1.000000\n" +
            "learned,10,0.600000,0.100000,3,108,0.351586,0.848414\n" +
            "learned,all,0.900000,0.000000,1,108,,\n" +
            "\"extra, \"\"odd\"\"\",2,1.000000,0.000000,2,0,1.000000,1.000000\n"));
    }

    [Fact]
    public void The_order_of_the_results_does_not_matter()
    {
        RunResult[] runs = [.. ResultOf.Runs("learned", 1, 108, 0.1, 0.2, 0.3, 0.7, 0.9, 1e-9)];

        Summary.Of(runs, []).Rows.Should().Equal(Summary.Of(runs.Reverse(), []).Rows);
    }

    [Fact]
    public void Results_that_do_not_belong_together_are_refused()
    {
        var one = ResultOf.Run("learned", 1, 0, 0.5);

        FluentActions.Invoking(() => Summary.Of([one, ResultOf.Run("learned", 1, 1, 0.5, experiment: "pacs")], [])).Should().Throw<ArgumentException>().WithMessage("*demo, pacs*");
        FluentActions.Invoking(() => Summary.Of([one, one], [])).Should().Throw<ArgumentException>().WithMessage("*2 of seed 0*learned*K = 1*");
        FluentActions.Invoking(() => Summary.Of([one, ResultOf.Run("learned", 1, 1, 0.5, 180)], [])).Should().Throw<ArgumentException>().WithMessage("*108, 180*");
    }

    [Fact]
    public void No_result_gives_an_empty_summary()
    {
        var summary = Summary.Of([], ["learned"]);

        summary.Rows.Should().BeEmpty();
        SummaryReading.Of(summary, [], ["lora"]).Should().BeEmpty();
        SummaryGrid.Of(summary).Header.Should().Equal("Method", "|Θ|");
    }
}

using System.Text.Json;
using System.Xml.Linq;
using LoraComposition.Experiments.Tests.Results;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Models;

namespace LoraComposition.Experiments.Tests.Reports;

public sealed class ResultsReportTests : IDisposable
{
    const string Hostile = "<b>lo&ra</b> \"$%_#{}\\";
    readonly TemporaryFolder folder = new();

    public ResultsReportTests()
    {
        var store = new RunStore(folder["label/runs"]);
        foreach (var result in ResultOf.Runs("classifier", 1, 0, 0.5, 0.6).Concat(ResultOf.Runs("classifier", 5, 0, 0.7, 0.72)).Concat(ResultOf.Runs(Hostile, 1, 108, 0.25, 0.375)).Concat(ResultOf.Runs(Hostile, 5, 108, 0.8125))) store.Save(result);
        foreach (int seed in (int[])[0, 1]) store.Save(Learned(seed));
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void TheNumbersOfThePageAreThoseOfTheResults()
    {
        string page = Read().ToHtml();

        foreach (var group in new RunStore(folder["label/runs"]).LoadAll().GroupBy(r => (r.Key.Method, r.Key.Shots)))
        {
            var statistics = ScoreStatistics.Of([.. group.OrderBy(r => r.Key.Seed).Select(r => r.Accuracy)]);
            page.Should().Contain(SummaryGrid.WithInterval(statistics.Mean, statistics.Interval), group.Key.ToString());
        }
        // The learned weights: the mean over the seeds of 0.2 and 0.4.
        page.Should().Contain("0.300").And.Contain("module-a");
    }

    [Fact]
    public void NamesAreEscaped()
    {
        string page = Read().ToHtml();

        page.Should().NotContain("<b>lo").And.Contain("&lt;b&gt;lo&amp;ra&lt;/b&gt;");
        page.Should().NotContain("<script").And.NotContain("http://localhost").And.NotMatchRegex("(src|href)=\"http");
    }

    [Fact]
    public void WhatIsToBeKnownOfTheDataIsShown()
    {
        Read().ToHtml().Should().NotContain("is tested on");
        DataRemarksFile.Write(folder["label"], ["pets <b>: a fifth\nis tested on", "flowers: 3 rows left out"]);

        Read().ToHtml().Should().Contain("<li>pets &lt;b&gt;: a fifth is tested on</li>\n<li>flowers: 3 rows left out</li>");

        DataRemarksFile.Write(folder["label"], []);
        File.Exists(Path.Combine(folder["label"], DataRemarksFile.Name)).Should().BeFalse();
        File.WriteAllBytes(Path.Combine(folder["label"], DataRemarksFile.Name), [0xFF]);
        FluentActions.Invoking(Read).Should().Throw<RunFileException>().WithMessage("*data.txt*UTF-8*");
    }

    [Fact]
    public void TheSameResultsGiveTheSameBytes()
    {
        Read().SavePage(folder["one.html"]);
        Read().SavePage(folder["two.html"]);

        File.ReadAllBytes(folder["two.html"]).Should().Equal(File.ReadAllBytes(folder["one.html"]));
    }

    [Fact]
    public void FiguresAndTablesAreFiles()
    {
        int figures = Read().SaveFigures(folder["figures"]), tables = Read().SaveTables(folder["tables"]);

        string[] svgs = Directory.GetFiles(folder["figures"], "*.svg", SearchOption.AllDirectories);
        svgs.Should().HaveCount(figures).And.HaveCountGreaterThan(2);
        foreach (string svg in svgs)
        {
            XDocument.Load(svg).Root!.Name.LocalName.Should().Be("svg");
            File.ReadAllBytes(Path.ChangeExtension(svg, ".png"))[1..4].Should().Equal("PNG"u8.ToArray());
        }
        Directory.GetFiles(folder["tables"], "*.csv", SearchOption.AllDirectories).Should().HaveCount(tables);
        string latex = File.ReadAllText(Directory.GetFiles(folder["tables"], "results.tex", SearchOption.AllDirectories).Single());
        latex.Should().Contain(@"\&").And.Contain(@"\%").And.Contain(@"\_").And.Contain(@"\#").And.Contain(@"\{").And.NotContain("<b>lo&ra");
        latex.Should().Contain("55.00").And.Contain("81.25");
    }

    /// <summary>Ranks by hand: a, uniform, b in the first block, where a is right wherever uniform is and on 50 samples more; a and uniform equal, then b in the second.</summary>
    [Fact]
    public void MethodsOfSeveralExperimentsAreRanked()
    {
        foreach (var (experiment, a, uniform, b) in (ReadOnlySpan<(string, int, int, int)>)[("one", 700, 650, 300), ("two", 600, 600, 200)])
        {
            var store = new RunStore(folder[$"ranked/{experiment}/runs"]);
            foreach (int seed in (int[])[0, 1, 2])
                foreach (var (method, right, parameters) in (ReadOnlySpan<(string, int, long)>)[("a", a, 7), ("uniform", uniform, 0), ("b", b, 12)])
                    store.Save(Run(experiment, method, seed, right, parameters));
        }
        var report = ResultsReport.Read([folder["ranked"]]);

        report.ToHtml().Should().Contain("Methods compared").And.Contain("The methods over 2 blocks").And.Contain("Peak MiB");
        report.SaveTables(folder["ranked-tables"]);
        File.ReadAllLines(folder["ranked-tables/methods.csv"]).Should().Equal("method,mean_rank,blocks,better,worse,trainable_parameters,seconds,peak_memory_mib",
            "a,1.25,2,1,0,7,1.25,200", "uniform,1.75,2,0,0,0,1.25,100", "b,3,2,0,2,12,1.25,");
        Read().ToHtml().Should().NotContain("Methods compared", "one experiment's blocks do not hold the same methods");

        static RunResult Run(string experiment, string method, int seed, int right, long parameters) => ResultOf.Run(method, 5, seed, right / 1000.0, parameters, experiment) with
        {
            TestCount = 1000,
            Correct = CorrectSamples.Encode([.. Enumerable.Range(0, 1000).Select(i => (i + 37 * seed) % 1000 < right)]),
            Timings = new Dictionary<string, double> { ["train"] = 1, ["test"] = 0.25 },
            // An earlier version wrote the results of b.
            PeakMemoryMiB = method switch { "a" when experiment == "one" => 200, "b" when experiment == "one" => null, _ => 100 },
        };
    }

    /// <summary>Only what the process has not is read.</summary>
    [Fact]
    public void WhatIsAtHandIsNotRead()
    {
        RunResult[] known = [.. new RunStore(folder["label/runs"]).LoadAll().Where(r => r.Key.Method == "learned")];
        foreach (var run in known) File.WriteAllText(folder[$"label/runs/{run.Key.FileName}"], "{");
        var matrix = new LayerMatrix("norms", ["layer 0"], ["a"], [[0.625]]);
        Directory.CreateDirectory(folder["label/matrices"]);
        File.WriteAllText(folder["label/matrices/norms.json"], "{");

        var report = ResultsReport.Read([folder["label"]], runs: [new ExperimentResults(folder["label/runs"], known, Summary.Of(known, []))], matrices: [(matrix, folder["label/matrices/norms"])]);

        report.RunCount.Should().Be(9);
        report.ToHtml().Should().Contain("learned: query").And.Contain("norms").And.Contain("0.625");
    }

    /// <summary>A model may call its layers what it likes.</summary>
    [Fact]
    public void RolesAreThoseOfTheModel()
    {
        var weights = new CompositionWeights(["a", "b"], [KeyValuePair.Create("blocks.0.first", (IReadOnlyList<double>)[0.2, 0.8])], [KeyValuePair.Create("blocks.0.first", LinearRole.Value)]);
        new RunStore(folder["own/runs"]).Save(ResultOf.Run("learned", 5, 0, 0.5) with { Details = ConfigurationHash.ToJson(new { trained = LearnedWeights.ToRecord(weights) }) });

        ResultsReport.Read([folder["own"]]).ToHtml().Should().Contain("learned: value").And.NotContain("learned: first");
    }

    /// <summary>Uniform weights are not what was learned.</summary>
    [Fact]
    public void WeightsThatKeptTheStartAreSaidAndNotDrawn()
    {
        foreach (int seed in (int[])[0, 1]) Save("flat", 5, seed, [0.5, 0.5]);
        Save("flat", 1, 0, [0.3, 0.7]);

        var report = ResultsReport.Read([folder["flat"]]);

        report.ToHtml().Should().Contain("learned: the start was kept in 2 of 3 runs (2 of 2 at K = 5); all their weights are 1/N").And.NotContain("learned: query");
        Figures(report).Should().NotContain(name => name.StartsWith("weights", StringComparison.Ordinal));

        Save("partly", 5, 0, [0.5, 0.5]);
        Save("partly", 5, 1, [0.1, 0.9]);
        ResultsReport.Read([folder["partly"]]).ToHtml().Should().Contain("mean of 2 seeds, of which 1 kept the start").And.Contain("learned: query");
    }

    /// <summary>The study of the layers leaves the weights of its runs as matrices too; those of another K are in no other map.</summary>
    [Fact]
    public void AMapIsDrawnOnce()
    {
        Save("layers", 5, 0, [0.2, 0.8]);
        Save("layers", 1, 0, [0.3, 0.7]);
        new LayerMatrix("Learned weight, query, K = 5", ["layer 0"], ["a", "b"], [[0.2, 0.8]]).Save(folder["layers/matrices/weights-query-k5.json"]);
        new LayerMatrix("Learned weight, query, K = 1", ["layer 0"], ["a", "b"], [[0.3, 0.7]]).Save(folder["layers/matrices/weights-query-k1.json"]);
        new LayerMatrix("CKA, query", ["layer 0"], ["a", "b"], [[0.4, 0.6]]).Save(folder["layers/matrices/cka-query.json"]);

        var report = ResultsReport.Read([folder["layers"]]);

        Figures(report).Where(name => name.Contains("matrix") || name.StartsWith("weights", StringComparison.Ordinal)).Should()
            .BeEquivalentTo("weights-1-query", "matrix-1-cka--query", "matrix-2-learned-weight--query--k---1");
        report.ToHtml().Should().NotContain("Learned weight, query, K = 5").And.Contain("Learned weight, query, K = 1");
    }

    [Fact]
    public void MethodsThatCoincideAreNamedUnderTheTable()
    {
        var store = new RunStore(folder["same/runs"]);
        store.Save(ResultOf.Run("uniform", 5, 0, 0.5, 0) with { TestCount = 2, Correct = CorrectSamples.Encode([true, false]) });
        store.Save(ResultOf.Run("learned", 5, 0, 0.5) with { TestCount = 2, Correct = CorrectSamples.Encode([true, false]) });

        var report = ResultsReport.Read([folder["same"]]);

        report.ToHtml().Should().Contain("</table></div>\n<p class=\"note\">uniform and learned coincide to three digits at K = 5; their predictions are identical");
        report.SaveTables(folder["tables"]);
        File.ReadAllText(folder["tables/01-demo/results.tex"]).Should().Contain("% uniform and learned coincide");
    }

    [Fact]
    public void TheGainHasAPairedInterval()
    {
        var store = new RunStore(folder["gain/runs"]);
        // Gains of 9, 10 and 11 points: ± 4.30265 / √3.
        foreach (var run in ResultOf.Runs("classifier", 1, 0, 0.5, 0.6, 0.7).Concat(ResultOf.Runs("uniform", 1, 0, 0.59, 0.7, 0.81))) store.Save(run);

        ResultsReport.Read([folder["gain"]]).ToHtml().Should().Contain("uniform +10.00 [+7.52, +12.48]");
    }

    [Theory]
    [InlineData("method,point,validation_accuracy,validation_loss,chosen,rank,rate\nlora,lora-rate-x1,0.5,1.5,1,4,0.25\nlora,lora-rate-x3,0.25,2,0,4,0.75\n", "<th scope=\"col\">rate</th>", "<th scope=\"col\">rank</th>")]
    [InlineData("method,point,validation_accuracy,validation_loss,chosen\nlora,lora-rate-x1,0.5,1.5,yes\n", "<td>yes</td>", "rate</th>")]
    public void TheSearchIsShownWithTheSettingsThatVary(string log, string shown, string hidden)
    {
        File.WriteAllText(folder["label/grid.csv"], log);

        Read().ToHtml().Should().Contain("The search for the settings").And.Contain(shown).And.NotContain(hidden);

        File.AppendAllText(folder["label/grid.csv"], "lora,lora-rate-x10,0.5,1.5,1,4\n");
        FluentActions.Invoking(Read).Should().Throw<RunFileException>().WithMessage("*grid.csv*line*");
    }

    void Save(string place, int shots, int seed, double[] weights) => new RunStore(folder[$"{place}/runs"]).Save(ResultOf.Run("learned", shots, seed, 0.5) with
    {
        Details = ConfigurationHash.ToJson(new
        {
            trained = LearnedWeights.ToRecord(new CompositionWeights(["a", "b"], [KeyValuePair.Create("vit.layers.0.attention.q_proj", (IReadOnlyList<double>)weights)])),
        }),
    });

    string[] Figures(ResultsReport report)
    {
        report.SaveFigures(folder["drawn"]);
        return [.. Directory.GetFiles(folder["drawn"], "*.svg", SearchOption.AllDirectories).Select(path => Path.GetFileNameWithoutExtension(path))];
    }

    [Fact]
    public void SubFoldersAreExperiments()
    {
        new RunStore(folder["other/n01/runs"]).Save(ResultOf.Run("uniform", 1, 0, 0.5, experiment: "second"));

        var report = ResultsReport.Read([folder["label"], folder["other"]]);

        report.Experiments.Should().Equal("demo", "second");
        report.RunCount.Should().Be(10);
    }

    [Fact]
    public void TheTablesOfAStudyAreShownWithTheirFigures()
    {
        new ScoreTable("method", "modules", ["1", "3"], [("uniform", [new(0.6, 0.125, 2), new(0.5, 0.25, 2)]), (Hostile, [new(0.7, 0.01, 2), new(0.375, 0.25, 2)])]).WriteCsv(folder["study/split-size-k5.csv"]);
        new ScoreTable("module", "downstream", ["labels-000-001"], [("a", [new(0.8125, 0.01, 2)])]).WriteCsv(folder["study/weights.csv"]);
        new RunStore(folder["study/n01/runs"]).Save(ResultOf.Run("uniform", 5, 0, 0.5, experiment: "n01"));
        File.WriteAllText(folder["study/foreign.csv"], "a,b\n1,2\n");

        var report = ResultsReport.Read([folder["study"]]);
        string page = report.ToHtml();

        report.Experiments.Should().Equal("study", "n01");
        page.Should().Contain("60.00 [0.00, 100.00]").And.Contain("<strong>70.00 [61.02, 78.98]</strong>").And.Contain("37.50 [0.00, 100.00]").And.Contain("<strong>81.25 [72.27, 90.23]</strong>").And.NotContain("foreign");
        report.SaveFigures(folder["figures"]);
        // Labels are no axis to draw over, and one K alone no curve.
        Directory.GetFiles(folder["figures"], "*.svg", SearchOption.AllDirectories).Select(Path.GetFileName).Should().Equal("study-1-split-size-k5.svg");
        report.SaveTables(folder["tables"]);
        File.ReadAllText(folder["tables/01-study/study-1-split-size-k5.csv"]).Should().Be(File.ReadAllText(folder["study/split-size-k5.csv"]));
        File.ReadAllText(folder["tables/01-study/study-1-split-size-k5.tex"]).Should().Contain("60.00").And.Contain(@"\&");

        File.AppendAllText(folder["study/split-size-k5.csv"], "x,1\n");
        FluentActions.Invoking(() => ResultsReport.Read([folder["study"]])).Should().Throw<RunFileException>().WithMessage("*split-size-k5.csv*line 6*");
    }

    [Fact]
    public void AStudysTableShowsTheDigitsThatItsRunsHave()
    {
        // 92.1 ± 4.30265 · 0.16304 / √3 ends at 92.505; with six digits of the deviation a page would say 92.50.
        new ScoreTable("method", "rank", ["4"], [("lora", [new(0.921, 0.0016304, 3)])]).WriteCsv(folder["study/rank-k5.csv"]);

        ResultsReport.Read([folder["study"]]).ToHtml().Should().Contain("92.10 [91.69, 92.51]");
    }

    [Fact]
    public void SubsetsAreShownAsASpread()
    {
        foreach (string subset in (string[])["learned-1", "learned-2", "learned-1-2"]) new RunStore(folder["subsets/runs"]).Save(ResultOf.Run(subset, 5, 0, 0.5, 18) with { Details = Learned(0).Details });
        new SubsetTable([new(["a"], new(0.5, 0, 1)), new(["b"], new(0.7, 0, 1)), new(["a", "b"], new(0.8, 0, 1))]) { References = [("full", new(0.9, 0, 1))] }.WriteCsv(folder["subsets/subsets-learned-k5.csv"]);

        var report = ResultsReport.Read([folder["subsets"]]);
        string page = report.ToHtml();

        page.Should().Contain("<td>60.00</td>", "the mean of the two").And.Contain("<td>50.00</td><td>70.00</td>").And.Contain("<strong>80.00</strong>").And.Contain("full has 90.00 %");
        page.Should().Contain("The runs of every subset").And.NotContain("Learned weights");
        report.SaveFigures(folder["figures"]);
        Directory.GetFiles(folder["figures"], "*.svg", SearchOption.AllDirectories).Select(Path.GetFileName).Should().Equal("study-1-subsets-learned-k5.svg");
    }

    [Fact]
    public void WhatIsMissingOrDamagedIsNamed()
    {
        Directory.CreateDirectory(folder["empty"]);
        FluentActions.Invoking(() => ResultsReport.Read([folder["none"]])).Should().Throw<RunFileException>().WithMessage("*none*");
        FluentActions.Invoking(() => ResultsReport.Read([folder["empty"]])).Should().Throw<RunFileException>().WithMessage("*empty*");

        string damaged = Directory.GetFiles(folder["label/runs"])[0];
        File.WriteAllText(damaged, "{");
        FluentActions.Invoking(Read).Should().Throw<RunFileException>().WithMessage($"*{Path.GetFileName(damaged)}*");
    }

    ResultsReport Read() => ResultsReport.Read([folder["label"]]);

    static RunResult Learned(int seed) => ResultOf.Run("learned", 5, seed, 0.9, 2) with
    {
        Details = JsonSerializer.SerializeToElement(new
        {
            trained = new { modules = new[] { "module-a", "module-b" }, weights = new Dictionary<string, double[]> { ["vit.layers.0.attention.q_proj"] = seed == 0 ? [0.2, 0.8] : [0.4, 0.6] } },
        }),
    };
}

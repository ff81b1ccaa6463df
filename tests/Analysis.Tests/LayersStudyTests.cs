using LoraComposition.Experiments;
using LoraComposition.FewShot.Tests.Support;

namespace Analysis.Tests;

public sealed class LayersStudyTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task WeightsAndSimilaritiesAreKeptByLayerAndModule()
    {
        var (code, printed, errors) = await CommandLine.RunAsync([.. TinyRun.LabelSets(folder), "--study", "layers", "--protocol", "paper", "--shots", "2"]);

        code.Should().Be(0, string.Join('\n', errors));
        Directory.GetFiles(folder["out/matrices"]).Should().HaveCount(2 * 3 * 4);
        foreach (string role in (string[])["query", "key", "value"])
        {
            var weights = LayerMatrix.Load(folder[$"out/matrices/weights-{role}-k2.json"]);
            weights.Columns.Should().Equal("labels-000-001", "labels-002-003", "labels-004-005");
            weights.Rows.Should().Equal("layer 0", "layer 1");
            foreach (var row in weights.Values) row.Sum().Should().BeApproximately(1, 1e-6);
            var similarities = LayerMatrix.Load(folder[$"out/matrices/cka-{role}.json"]);
            (similarities.Rows, similarities.Columns).Should().BeEquivalentTo((weights.Rows, weights.Columns));
            similarities.Values.SelectMany(row => row).Should().OnlyContain(value => value > 0 && value < 1);
        }
        // The three upstream modules and the one they are compared with.
        Directory.GetDirectories(folder["out/modules"]).Select(path => Path.GetFileName(path)[.."labels-000-001".Length]).Should().BeEquivalentTo("labels-000-001", "labels-002-003", "labels-004-005", "labels-006-007");
        printed.Should().Contain(line => line.StartsWith("Learned weight, query", StringComparison.Ordinal)).And.Contain(line => line.StartsWith("CKA with labels-006-007, value", StringComparison.Ordinal));
        printed[0].Should().Contain("on 10 images");
    }

    [Fact]
    public async Task OwnPicturesAreTasks()
    {
        foreach (string set in (string[])["birds", "leaves", "shells"]) TinyImageFolder.Write(folder[set], [("a", 5), ("b", 5)]);
        string[] model = [.. TinyRun.LabelSets(folder).SkipWhile(argument => argument != "--model")];

        var (code, printed, errors) = await CommandLine.RunAsync([.. model, "--study", "layers", "--targets", "q", "--upstream", $"birds={folder["birds"]},leaves={folder["leaves"]}", "--downstream", $"shells={folder["shells"]}"]);

        code.Should().Be(0, string.Join('\n', errors));
        errors.Should().Contain("shells: there is no test part; 2 of the 10 pictures, 20 % of each class drawn with seed 0, are tested on.");
        printed.Should().Contain(line => line.StartsWith("CKA with shells, query", StringComparison.Ordinal));
        LayerMatrix.Load(folder["out/matrices/cka-query.json"]).Columns.Should().Equal("birds", "leaves");
    }

    [Fact]
    public async Task PublishedDataSetsAreTasks()
    {
        var (code, printed, errors) = await CommandLine.RunAsync([.. TinyRun.NamedSets(folder), "--study", "layers", "--targets", "q,o", "--images", "4"]);

        code.Should().Be(0, string.Join('\n', errors));
        printed[0].Should().Contain("on 4 images");
        // All images, as nothing else was asked for.
        var weights = LayerMatrix.Load(folder["out/matrices/weights-output-kall.json"]);
        weights.Columns.Should().Equal("pacs-photo", "pacs-cartoon");
        File.Exists(folder["out/matrices/cka-query.svg"]).Should().BeTrue();
        File.Exists(folder["out/matrices/cka-value.svg"]).Should().BeFalse();
    }
}

using System.Globalization;
using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Protocol;

public class GridTableTests
{
    [Fact]
    public void APointIsARowOfNumbers()
    {
        using var folder = new TemporaryFolder();
        var options = new TuningOptions { LoraLearningRate = 0.25 };

        GridTable.WriteCsv(folder["grid.csv"], [new GridChoice(new LoraFromScratch(), "lora-rate-x1", options, 0.5, 1.5, true), new GridChoice(new LoraFromScratch(), "lora-rate-x3", options with { LoraLearningRate = 0.75 }, 0.25, 2, false)]);

        string[][] lines = [.. File.ReadAllLines(folder["grid.csv"]).Select(line => line.Split(','))];
        lines[0][..5].Should().Equal("method", "point", "validation_accuracy", "validation_loss", "chosen");
        lines[1][..5].Should().Equal("lora", "lora-rate-x1", "0.500000", "1.500000", "1");
        lines[2][..5].Should().Equal("lora", "lora-rate-x3", "0.250000", "2.000000", "0");
        int rate = Array.IndexOf(lines[0], "loraLearningRate");
        (lines[1][rate], lines[2][rate]).Should().Be(("0.25", "0.75"));
        lines[0].Should().Contain("lora.rank");
        foreach (string field in lines.Skip(1).SelectMany(line => line[2..])) double.TryParse(field, CultureInfo.InvariantCulture, out _).Should().BeTrue(field);
    }
}

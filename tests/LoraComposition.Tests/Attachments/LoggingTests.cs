using LoraComposition.Models;
using LoraComposition.Tests.Support;
using Microsoft.Extensions.Logging;

namespace LoraComposition.Tests.Attachments;

/// <summary>What a logger hears from loading to saving: what was done and how long it took, the layers as details, what is odd as warnings.</summary>
public sealed class LoggingTests : IDisposable
{
    readonly CollectingLogger logger = new();
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void From_files_to_a_merged_model()
    {
        using var model = VisionTransformer.Load(Fixture.Path("vit-hf"), new VitLoadOptions { ClassNames = ["x", "y"], ImageSize = 48 }, logger);
        using var adapter = LoraAdapter.Load(Fixture.Path("peft", "vit-a"), logger: logger);
        using (var composition = Composition.AttachUniform(model, [adapter], logger: logger))
        {
            composition.ToAdapter("mean").Save(Path.Combine(folder.Path, "mean"), logger: logger);
            composition.MergeIntoBase();
        }
        model.Save(folder.Path, logger: logger);

        int layers = adapter.Layers.Count;
        logger.At(LogLevel.Information).Should().SatisfyRespectively(
            line => line.Should().Be("Interpolated the positions from 32 to 48 pixels"),
            line => line.Should().Be("The model has a fresh head of 2 classes"),
            line => line.Should().MatchRegex(@"^Loaded VisionTransformer as Float32: \d+ tensors from .*model\.safetensors in \d+ ms$"),
            line => line.Should().MatchRegex($@"^Loaded adapter 'vit-a': {layers} layers, {adapter.ParameterCount} numbers, from .*vit-a in \d+ ms$"),
            line => line.Should().Be($"Matched adapters 'vit-a' to {layers} layers of the model"),
            line => line.Should().MatchRegex($@"^Attached to {layers} layers, 0 trainable numbers, in \d+ ms$"),
            line => line.Should().MatchRegex($@"^Exported adapter 'mean': {layers} layers, in \d+ ms$"),
            line => line.Should().MatchRegex($@"^Saved adapter 'mean': {layers} layers, to .* in \d+ ms$"),
            line => line.Should().MatchRegex($@"^Merged {layers} layers into the base weights in \d+ ms$"),
            line => line.Should().Be($"Detached from {layers} layers"),
            line => line.Should().MatchRegex(@"^Saved VisionTransformer: \d+ tensors to .* in \d+ ms$"));
        foreach (string layer in adapter.Layers.Keys) logger.At(LogLevel.Debug).Should().Contain(line => line.Contains($"layer '{layer}': rank 4", StringComparison.Ordinal));
        logger.At(LogLevel.Debug).Count(line => line.StartsWith("Merged layer", StringComparison.Ordinal)).Should().Be(layers);
    }

    [Fact]
    public void What_is_odd_or_skipped_is_a_warning()
    {
        using var model = Fixture.Vit();
        using var adapter = Fixture.Adapter("vit-a");
        using var part = new LoraAdapter("part", [KeyValuePair.Create(adapter.Layers.Keys.First(), adapter.Layers.Values.First().Clone())]) { Revision = "0123abc" };
        adapter.Save(Path.Combine(folder.Path, "good"));
        Directory.CreateDirectory(Path.Combine(folder.Path, "empty"));

        using var loaded = LoraAdapter.LoadAll(folder.Path, logger: logger).Single();
        using var composition = Composition.AttachLearned(model, [adapter, part], logger: logger);

        logger.At(LogLevel.Warning).Should().Contain(line => line.StartsWith("Skipped ", StringComparison.Ordinal) && line.Contains("empty", StringComparison.Ordinal))
            .And.Contain(line => line.Contains("'part' was trained on revision '0123abc'", StringComparison.Ordinal))
            .And.Contain(line => line.StartsWith($"Adapter 'part' leaves {adapter.Layers.Count - 1} of the composed layers alone", StringComparison.Ordinal));
    }

    [Fact]
    public void Compression_tells_each_layer()
    {
        using var adapter = Fixture.Adapter("vit-c");

        using var compressed = AdapterCompression.Compress(adapter, RankTarget.Rank(2), logger: logger);

        logger.At(LogLevel.Debug).Should().HaveCount(adapter.Layers.Count).And.OnlyContain(line => line.Contains("rank 8 compressed to 2", StringComparison.Ordinal));
        logger.At(LogLevel.Information).Should().ContainSingle().Which.Should().StartWith($"Compressed {adapter.Layers.Count} layers of adapter 'vit-c' in ");
    }
}

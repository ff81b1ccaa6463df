using LoraComposition.Files;
using LoraComposition.Models;
using LoraComposition.Tests.Files;
using LoraComposition.Tests.Support;
using static TorchSharp.torch;
using TemporaryFolder = LoraComposition.Tests.Files.TemporaryFolder;

namespace LoraComposition.Tests.Adapters;

public sealed class ProvenanceTests : IDisposable
{
    const string Method = "lora_composition.method", Sources = "lora_composition.sources";

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static readonly AdapterProvenance Two = new()
    {
        Method = "learned",
        Sources =
        [
            new AdapterSource { Name = "b", Fingerprint = new string('a', 64), LayerWeights = new Dictionary<string, double> { ["y"] = 0.25, ["x"] = -1 } },
            new AdapterSource { Name = "ä", Weight = 0.5 },
        ],
    };

    [Fact]
    public void It_is_kept_in_the_weights_file_as_compact_sorted_text()
    {
        using var adapter = Adapter(Two);
        adapter.Save(folder.Path);
        using (var file = SafetensorsFile.Open(folder.File("adapter_model.safetensors")))
            file.Metadata.Should().Equal(new Dictionary<string, string>
            {
                ["format"] = "pt",
                [Method] = "learned",
                [Sources] = $$"""[{"layer_weights":{"x":-1,"y":0.25},"name":"b","sha256":"{{new string('a', 64)}}"},{"name":"ä","weight":0.5}]""",
            });
        using var again = LoraAdapter.Load(folder.Path);
        again.Warnings.Should().BeEmpty();
        again.Provenance.Should().BeEquivalentTo(Two);
        again.Provenance!.Sources.Select(source => source.Name).Should().Equal("b", "ä");
        var bytes = File.ReadAllBytes(folder.File("adapter_model.safetensors"));
        again.Save(folder.Path);
        File.ReadAllBytes(folder.File("adapter_model.safetensors")).Should().Equal(bytes);
    }

    [Fact]
    public void The_fingerprint_is_that_of_the_weights_file()
    {
        using var adapter = LoraAdapter.Load(PeftFolder.Fixture("vit-a"));
        adapter.Fingerprint.Should().Be("b8f74a26affd29e83ee0cae6cdbcaba1840525641c62f504c4a02fe32ff3d148");
        adapter.Provenance.Should().BeNull();
        using var made = Adapter(null);
        made.Fingerprint.Should().BeNull();
    }

    [Fact]
    public void A_uniform_composition_tells_its_modules()
    {
        using var model = Fixture.Vit();
        var adapters = Fixture.Adapters();
        using var composition = Composition.AttachUniform(model, adapters);
        using var composed = composition.ToAdapter("mean");
        composed.Provenance!.Method.Should().Be("uniform");
        composed.Provenance.Sources.Select(source => (source.Name, source.Fingerprint)).Should().Equal(adapters.Select(adapter => (adapter.Name, adapter.Fingerprint)));
        composed.Provenance.Sources.Should().OnlyContain(source => source.LayerWeights.Count == 0 && Math.Abs(source.Weight!.Value - 1.0 / 3) < 1e-7);
        foreach (var adapter in adapters) adapter.Dispose();
    }

    [Theory]
    [InlineData(ModuleSpelling.Transformers5, "vit.layers.1.attention.k_proj")]
    [InlineData(ModuleSpelling.Transformers4, "vit.encoder.layer.1.attention.attention.key")]
    public void A_learned_composition_tells_its_weights_at_each_layer(ModuleSpelling spelling, string layer)
    {
        using var model = Fixture.Vit();
        var adapters = Fixture.Adapters();
        using var composition = Composition.AttachLearned(model, adapters, new Dictionary<string, IReadOnlyList<double>> { ["vit.layers.1.attention.k_proj"] = [0, 1000, 0] });
        using var composed = composition.ToAdapter("learned", spelling);
        composed.Save(folder.Path);
        using var loaded = LoraAdapter.Load(folder.Path);
        loaded.Provenance!.Method.Should().Be("learned");
        loaded.Provenance.Sources[1].Weight.Should().BeNull();
        loaded.Provenance.Sources.Select(source => source.LayerWeights[layer]).Should().Equal(0, 1, 0);
        loaded.Provenance.Sources[0].LayerWeights.Keys.Should().BeEquivalentTo(loaded.Layers.Keys);
        foreach (var adapter in adapters) adapter.Dispose();
    }

    [Theory]
    [InlineData(Method, "uniform")]
    [InlineData(Sources, """[{"name":"a","weight":1}]""")]
    [InlineData(Sources, "[]")]
    [InlineData(Sources, "{}")]
    [InlineData(Sources, "[")]
    [InlineData(Sources, "[1]")]
    [InlineData(Sources, """[{"weight":1}]""")]
    [InlineData(Sources, """[{"name":1,"weight":1}]""")]
    [InlineData(Sources, """[{"name":" ","weight":1}]""")]
    [InlineData(Sources, """[{"name":"a"}]""")]
    [InlineData(Sources, """[{"name":"a","weight":1e999}]""")]
    [InlineData(Sources, """[{"name":"a","weight":"1"}]""")]
    [InlineData(Sources, """[{"name":"a","weight":1,"weight":2}]""")]
    [InlineData(Sources, """[{"name":"a","weight":1,"layer_weights":{"x":1}}]""")]
    [InlineData(Sources, """[{"name":"a","layer_weights":[1]}]""")]
    [InlineData(Sources, """[{"name":"a","weight":1,"sha256":"abc"}]""")]
    public void What_cannot_be_read_gives_a_warning(string key, string text)
    {
        PeftFolder.Copy(folder);
        var metadata = new Dictionary<string, string> { [key] = text };
        if (text is not """[{"name":"a","weight":1}]""") metadata.TryAdd(Method, "uniform");
        using (NewDisposeScope())
        {
            Dictionary<string, Tensor> tensors;
            using (var file = SafetensorsFile.Open(folder.File("adapter_model.safetensors"))) tensors = file.Tensors.Keys.ToDictionary(name => name, name => file.Read(name).clone());
            SafetensorsWriter.Write(folder.File("adapter_model.safetensors"), tensors, metadata);
        }
        using var adapter = LoraAdapter.Load(folder.Path);
        adapter.Provenance.Should().BeNull();
        adapter.Warnings.Should().ContainSingle().Which.Should().StartWith("the provenance in");
        adapter.Layers.Should().HaveCount(6);
    }

    [Fact]
    public void What_is_not_valid_is_not_written()
    {
        using var nan = Adapter(Two with { Sources = [new AdapterSource { Name = "a", Weight = double.NaN }] });
        nan.Invoking(a => a.Save(folder.Path)).Should().Throw<ArgumentException>().WithMessage("*'a' has a weight that is not a finite number*");
        using var none = Adapter(Two with { Sources = [] });
        none.Invoking(a => a.Save(folder.Path)).Should().Throw<ArgumentException>().WithMessage("*no source*");
        Directory.GetFiles(folder.Path).Should().BeEmpty();
    }

    static LoraAdapter Adapter(AdapterProvenance? provenance) => new("made", [new("layer", SmallLayers.Delta(4, 3, 2, 1, 1))]) { Provenance = provenance };
}

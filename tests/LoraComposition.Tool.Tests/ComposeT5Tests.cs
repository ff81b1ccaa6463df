using System.Text.Json;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Files;
using LoraComposition.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tool.Tests;

public sealed class ComposeT5Tests : IDisposable
{
    static readonly string[] ab = ["--adapter", Reference.Adapter("t5-a"), "--adapter", Reference.Adapter("t5-b")];

    readonly TemporaryFolder folder = new();
    readonly string output;

    public ComposeT5Tests() => output = Path.Combine(folder.Path, "out");

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("v5")]
    [InlineData("v4")]
    public async Task TheAdapterComputesWhatPeftComputes(string spelling)
    {
        var (code, _, errors) = await CommandLine.RunAsync(["compose", "--base", Reference.T5Base, .. ab, "--as", "adapter", "--spelling", spelling, "--out", output]);

        (code, errors).Should().BeEquivalentTo((0, Array.Empty<string>()));
        using var adapter = LoraAdapter.Load(output);
        adapter.Layers.Should().HaveCount(12).And.OnlyContain(layer => layer.Value.Rank == 8);
        adapter.Provenance!.Sources.Select(source => source.Name).Should().Equal("t5-a", "t5-b");
        ShouldComputeTheUniformComposition(Reference.T5Base, adapter);
    }

    [Fact]
    public async Task TheCheckpointComputesItAsAPlainModel()
    {
        var (code, text, errors) = await CommandLine.RunAsync(["compose", "--base", Reference.T5Base, .. ab, "--as", "checkpoint", "--out", output, "--json"]);

        (code, errors).Should().BeEquivalentTo((0, Array.Empty<string>()));
        JsonDocument.Parse(text).RootElement.GetProperty("writtenError").GetProperty("scale").GetDouble().Should().BeGreaterThan(1);
        ShouldComputeTheUniformComposition(output, null);
        using var file = SafetensorsFile.Open(Path.Combine(output, "model.safetensors"));
        file.Metadata.Values.Should().Contain(text => text.Contains("t5-b"));
        file.Tensors.Values.Should().OnlyContain(tensor => tensor.Dtype == ScalarType.Float32);
    }

    [Fact]
    public async Task TheCheckpointsFolderHoldsWhatTheModelNeeds()
    {
        string @base = Base("base");
        string[] needed = ["spiece.model", "tokenizer_config.json", "special_tokens_map.json", "generation_config.json"];
        foreach (string file in (string[])[.. needed, "notes.txt"]) File.WriteAllText(Path.Combine(@base, file), $"content of {file}");

        (await CommandLine.RunAsync(["compose", "--base", @base, .. ab, "--as", "checkpoint", "--out", output])).Code.Should().Be(0);

        Directory.GetFiles(output).Select(Path.GetFileName).Should().BeEquivalentTo([.. needed, "notes.txt", "config.json", "model.safetensors"]);
        foreach (string file in needed) File.ReadAllText(Path.Combine(output, file)).Should().Be($"content of {file}");
    }

    // A model of a usual random start: the reference's scores nearly tie, which rounding to 16 bits decides anew.
    [Theory]
    [InlineData("adapter", "adapter_model.safetensors", ScalarType.Float16)]
    [InlineData("adapter", "adapter_model.safetensors", ScalarType.BFloat16)]
    [InlineData("checkpoint", "model.safetensors", ScalarType.BFloat16)]
    [InlineData("checkpoint", "model.safetensors", ScalarType.Float16)]
    public async Task SixteenBitBasesInShardsGiveWhatIsAskedFor(string form, string weights, ScalarType dtype)
    {
        using (var model = T5Model.Create(new T5Config { VocabularySize = 96, HiddenSize = 32, EncoderLayerCount = 2, DecoderLayerCount = 2, HeadCount = 4, KeyValueSize = 8, IntermediateSize = 48 }, seed: 1))
            model.Save(folder.At("base", "."), new CheckpointSaveOptions { Dtype = ScalarType.BFloat16, MaxShardBytes = 20_000 });
        Directory.GetFiles(folder.At("base", "."), "model-*").Should().HaveCountGreaterThan(2);

        var (code, text, errors) = await CommandLine.RunAsync(["compose", "--base", folder.At("base"), .. ab, "--as", form, "--dtype", dtype.ToString().ToLowerInvariant(), "--out", output, "--json"]);

        (code, errors).Should().BeEquivalentTo((0, Array.Empty<string>()));
        JsonDocument.Parse(text).RootElement.GetProperty("writtenError").GetProperty("relative").GetDouble().Should().BeInRange(1e-6, 0.05);
        using var file = SafetensorsFile.Open(Path.Combine(output, weights));
        file.Tensors.Values.Should().OnlyContain(tensor => tensor.Dtype == dtype);
    }

    [Fact]
    public async Task ARefusedBaseIsOneLineAndWritesNothing()
    {
        string weightless = Base("weightless", ("model.safetensors", null)), linked = Base("linked");
        File.CreateSymbolicLink(Path.Combine(linked, "spiece.model"), Reference.Path("README.md"));
        foreach (var (@base, adapter, names) in new[]
        {
            (Reference.Base, "t5-a", "layer 'decoder.block.0.layer.0.SelfAttention.q': the model has no such layer"),
            (Reference.T5Base, "vit-a", "layer 'vit.layers.0.attention.k_proj': the model has no such layer"),
            (weightless, "t5-a", "model.safetensors: the file is missing"),
            (linked, "t5-a", "spiece.model: the file is a link that leaves the folder"),
        })
        {
            var (code, printed, errors) = await CommandLine.RunAsync("compose", "--base", @base, "--adapter", Reference.Adapter(adapter), "--as", "checkpoint", "--out", output);

            (code, printed).Should().Be((1, ""), names);
            errors.Should().ContainSingle().Which.Should().Contain(names);
            Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName).Should().BeEquivalentTo("weightless", "linked");
        }
    }

    string Base(string name, params (string File, string? Content)[] changes)
    {
        foreach (string file in (string[])["config.json", "model.safetensors"]) File.Copy(Path.Combine(Reference.T5Base, file), folder.At(name, file));
        foreach (var (file, content) in changes)
        {
            if (content is null) File.Delete(folder.At(name, file));
            else File.WriteAllText(folder.At(name, file), content);
        }
        return folder.At(name);
    }

    // In float64, as the reference; a few tokens whose scores nearly tie magnify its float32 norms, so the logits are held to the tolerance by their mean.
    // Apart from the tests' awaits: scopes and the gradient mode belong to a thread.
    static void ShouldComputeTheUniformComposition(string folder, LoraAdapter? adapter)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = T5Model.Load(folder, new T5LoadOptions { Dtype = ScalarType.Float64 });
        using var attached = adapter is null ? null : Composition.AttachUniform(model, [adapter]);
        var (ids, mask, labels) = (Reference.Tokens("input_ids"), Reference.Tokens("attention_mask"), Reference.Tokens("labels"));
        var difference = model.call(ids, mask, model.ShiftRight(labels)).sub(Reference.T5Expected("logits.uniform")).abs();
        difference.mean().item<double>().Should().BeLessThan(1e-4);
        difference.max().item<double>().Should().BeLessThan(2e-3);
        model.Loss(ids, mask, labels).sub(Reference.T5Expected("loss.uniform")).abs().item<double>().Should().BeLessThan(1e-4);
    }
}

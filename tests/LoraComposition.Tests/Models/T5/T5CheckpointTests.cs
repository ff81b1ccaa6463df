using System.Text.Json.Nodes;
using LoraComposition.Files;
using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Models.T5;

public sealed class T5CheckpointTests : IDisposable
{
    const string Weights = "model.safetensors";

    readonly DisposeScope scope = NewDisposeScope();
    readonly TemporaryFolder folder = new();

    public void Dispose()
    {
        folder.Dispose();
        scope.Dispose();
    }

    [Theory]
    [InlineData("t5-v1.0")]
    [InlineData("t5-flan")]
    public void It_writes_the_reference_tensors_and_a_config_that_means_the_same(string name)
    {
        using var model = Fixture.T5(name);
        model.Save(folder.Path);
        using var written = SafetensorsFile.Open(folder.File(Weights));
        var reference = Fixture.Tensors(name, Weights);
        written.Tensors.Keys.Should().BeEquivalentTo(reference.Keys);
        foreach (string tensor in reference.Keys) written.Read(tensor).ShouldBeIdentical(reference[tensor], tensor);
        var (ours, theirs) = (Json(folder.File("config.json")), Json(Fixture.Path(name, "config.json")));
        foreach (var (setting, value) in ours) JsonNode.DeepEquals(value, theirs[setting]).Should().BeTrue(setting);
        using var loaded = T5Model.Load(folder.Path);
        loaded.Config.Should().BeEquivalentTo(model.Config);
    }

    [Theory]
    [InlineData(ScalarType.Float32, ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16, ScalarType.Float32)]
    [InlineData(ScalarType.Float16, ScalarType.Float16)]
    [InlineData(ScalarType.Float32, ScalarType.BFloat16)]
    public void It_reads_back_what_it_saved_in_shards_and_any_type(ScalarType saved, ScalarType loadedAs)
    {
        using var model = T5Model.Create(T5ModelTests.SmallFlan with { PadTokenId = 2, EndTokenId = 3, DecoderStartTokenId = 4 }, seed: 1);
        model.Save(folder.Path, new CheckpointSaveOptions { Dtype = saved, MaxShardBytes = 2000 });
        Directory.GetFiles(folder.Path).Should().HaveCountGreaterThan(4).And.NotContain(folder.File(Weights));
        using var loaded = T5Model.Load(folder.Path, new T5LoadOptions { Dtype = loadedAs });
        loaded.Config.Should().BeEquivalentTo(model.Config);
        loaded.BaseModelName.Should().Be(Path.GetFileName(folder.Path));
        foreach (var (name, parameter) in model.named_parameters())
        {
            var found = loaded.get_parameter(name)!;
            found.ShouldBeIdentical(parameter.to(saved).to(found.dtype), name);
            found.requires_grad.Should().BeTrue();
        }
    }

    [Fact]
    public void Copies_of_the_embedding_and_the_unused_table_of_old_files_are_accepted()
    {
        Write("t5-v1.0", tensors =>
        {
            foreach (string copy in new[] { "encoder.embed_tokens.weight", "decoder.embed_tokens.weight", "lm_head.weight" }) tensors[copy] = tensors["shared.weight"].clone();
            tensors["decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"] = ones(8, 4);
        });
        using var model = T5Model.Load(folder.Path);
        using var plain = Fixture.T5("t5-v1.0");
        model.Config.Should().BeEquivalentTo(plain.Config);
        foreach (var (name, parameter) in plain.named_parameters()) model.get_parameter(name)!.ShouldBeIdentical(parameter, name);
    }

    [Theory]
    [InlineData("encoder.embed_tokens.weight")]
    [InlineData("decoder.embed_tokens.weight")]
    [InlineData("lm_head.weight")]
    public void A_copy_that_differs_is_refused(string copy)
    {
        Write("t5-v1.0", tensors => tensors[copy] = tensors["shared.weight"].add(1e-3));
        SetConfig("scale_decoder_outputs", null);
        Refused($"*{Weights}: tensor '{copy}' differs from 'shared.weight'*");
    }

    // Transformers 5 ties the head of every T5 in the config and leaves a head of its own in the tensors.
    [Fact]
    public void By_transformers_5_the_tensors_say_whether_the_head_is_tied()
    {
        Write("t5-flan", tensors => tensors["lm_head.weight"] = tensors["shared.weight"].mul(2));
        using (var untied = T5Model.Load(folder.Path))
        {
            (untied.Config.TiedHead, untied.Config.ScaledHead).Should().Be((false, false));
            using var plain = Fixture.T5();
            var states = randn(1, 2, 32);
            untied.Logits(states).ShouldBeClose(plain.Logits(states).mul(2));
            untied.Save(folder.Path);
        }
        using var again = T5Model.Load(folder.Path);
        again.Config.TiedHead.Should().BeFalse();
    }

    [Theory]
    [InlineData("true", true, true)]
    [InlineData(null, true, true)]
    [InlineData("false", false, false)]
    public void By_transformers_4_the_config_says_it(string? tied, bool isTied, bool isScaled)
    {
        Write("t5-v1.0", tensors => tensors["lm_head.weight"] = tensors["shared.weight"].clone());
        SetConfig("scale_decoder_outputs", null);
        SetConfig("tie_word_embeddings", tied);
        using var model = T5Model.Load(folder.Path);
        (model.Config.TiedHead, model.Config.ScaledHead).Should().Be((isTied, isScaled));
    }

    [Theory]
    [InlineData("encoder.block.1.layer.1.DenseReluDense.wo.weight", "*is missing, and config.json asks for 2 layers (num_layers)*")]
    [InlineData("decoder.block.1.layer.2.DenseReluDense.wo.weight", "*is missing, and config.json asks for 2 layers (num_decoder_layers)*")]
    [InlineData("decoder.block.1.layer.1.EncDecAttention.v.weight", "*'decoder.block.1.layer.1.EncDecAttention.v.weight' [32, 32] is missing*")]
    [InlineData("shared.weight", "*'shared.weight', the embedding, is missing*")]
    public void A_missing_tensor_is_named(string tensor, string message)
    {
        Write("t5-flan", tensors => tensors.Remove(tensor));
        Refused(message);
    }

    [Fact]
    public void Left_over_and_misshaped_tensors_are_named()
    {
        Write("t5-flan", tensors => tensors["decoder.block.2.layer.0.layer_norm.weight"] = ones(32));
        Refused("*1 tensors are not part of this model, the first is 'decoder.block.2.layer.0.layer_norm.weight'*");
        Write("t5-flan", tensors => tensors["encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight"] = ones(9, 4));
        Refused("*relative_attention_bias.weight': expected [8, 4], found [9, 4]*");
    }

    [Fact]
    public void Nothing_is_saved_while_an_adapter_is_attached()
    {
        using var model = Fixture.T5();
        using var tuning = LoraTuning.Attach(model);
        model.Invoking(m => m.Save(folder.Path)).Should().Throw<InvalidOperationException>().WithMessage("*adapter is attached*");
        Directory.GetFiles(folder.Path).Should().BeEmpty();
    }

    void Write(string source, Action<Dictionary<string, Tensor>> change)
    {
        var tensors = Fixture.Tensors(source, Weights);
        change(tensors);
        SafetensorsWriter.Write(folder.File(Weights), tensors);
        File.WriteAllText(folder.File("config.json"), File.ReadAllText(Fixture.Path(source, "config.json")));
    }

    void SetConfig(string setting, string? json)
    {
        var config = Json(folder.File("config.json"));
        if (json is null) config.Remove(setting);
        else config[setting] = JsonNode.Parse(json);
        File.WriteAllText(folder.File("config.json"), config.ToJsonString());
    }

    static JsonObject Json(string path) => JsonNode.Parse(File.ReadAllText(path))!.AsObject();

    void Refused(string message) => FluentActions.Invoking(() => T5Model.Load(folder.Path)).Should().Throw<ModelFileException>().WithMessage(message).Which.Message.Should().StartWith(folder.Path);
}

using System.Text.Json.Nodes;
using LoraComposition.Files;
using LoraComposition.Fuzzing;
using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Models.T5;

/// <summary>mT5 and UMT5 against transformers and PEFT, and what their configurations mean.</summary>
public sealed class MultilingualT5Tests : IDisposable
{
    const string Weights = "model.safetensors";

    static readonly T5Config umt5 = T5ModelTests.Small with { Family = T5Family.Umt5, DecoderLayerCount = 3, FeedForward = T5FeedForwardKind.GatedGelu };

    readonly DisposeScope scope = NewDisposeScope();
    readonly TemporaryFolder folder = new();

    public void Dispose()
    {
        folder.Dispose();
        scope.Dispose();
    }

    // The reference is computed in float32, and with the adapter some scores of mT5 nearly tie: in float64 the output differs by 2.2e-5 of 4.2, in float32 by as
    // much. So the tolerance is 1e-5 of the largest output.
    [Theory]
    [InlineData("mt5", T5Family.Mt5, false)]
    [InlineData("umt5", T5Family.Umt5, true)]
    public void Outputs_equal_the_reference_plain_with_an_adapter_and_merged(string name, T5Family family, bool scaled)
    {
        using var noGrad = no_grad();
        using var model = Fixture.T5(name);
        using var adapter = LoraAdapter.Load(Fixture.Path(name, "adapter"));
        var io = Fixture.Tensors(name, "expected.safetensors");
        Tensor Output() => model.call(io["input_ids"], null, io["decoder_input_ids"]);
        double tolerance = 1e-5 * Math.Max(1, io["output_with_adapter"].abs().max().item<float>());

        (model.Config.Family, model.Config.TiedHead, model.Config.ScaledHead).Should().Be((family, true, scaled));
        var plain = Output();
        plain.ShouldBeClose(io["output"], 1e-5);
        using (Composition.AttachUniform(model, [adapter])) Output().ShouldBeClose(io["output_with_adapter"], tolerance);
        Output().ShouldBeIdentical(plain, "what is detached leaves nothing");
        using (LoraTuning.Continue(model, adapter)) Output().ShouldBeClose(io["output_with_adapter"], tolerance);
        using (var composition = Composition.AttachUniform(model, [adapter]))
        {
            using var exported = composition.ToAdapter("exported");
            exported.Save(folder.File("adapter"));
            composition.MergeIntoBase();
        }
        Output().ShouldBeClose(io["output_with_adapter"], tolerance);
        using var again = Fixture.T5(name);
        using var reloaded = LoraAdapter.Load(folder.File("adapter"));
        using var reattached = Composition.AttachUniform(again, [reloaded]);
        again.call(io["input_ids"], null, io["decoder_input_ids"]).ShouldBeClose(io["output_with_adapter"], tolerance);
    }

    [Theory]
    [InlineData("mt5")]
    [InlineData("umt5")]
    public void It_writes_the_reference_tensors_and_a_config_that_means_the_same(string name)
    {
        using var model = Fixture.T5(name);
        model.Save(folder.Path);
        using var written = SafetensorsFile.Open(folder.File(Weights));
        var reference = Fixture.Tensors(name, Weights);
        written.Tensors.Keys.Should().BeEquivalentTo(reference.Keys);
        foreach (string tensor in reference.Keys) written.Read(tensor).ShouldBeIdentical(reference[tensor], tensor);
        var (ours, theirs) = (Config(folder.Path), Config(Fixture.Path(name)));
        foreach (var (setting, value) in ours.Where(pair => pair.Key != "scale_decoder_outputs")) JsonNode.DeepEquals(value, theirs[setting]).Should().BeTrue(setting);
        using var loaded = T5Model.Load(folder.Path);
        loaded.Config.Should().Be(model.Config);
    }

    [Theory]
    [InlineData("mt5")]
    [InlineData("umt5")]
    public void Gradients_of_every_v_equal_finite_differences_and_the_base_has_none(string name)
    {
        using var model = Fixture.T5(name, ScalarType.Float64);
        var io = Fixture.Tensors(name, "expected.safetensors");
        using (var composition = Composition.AttachLearned(model, [.. new[] { "mt5", "umt5" }.Select(of => LoraAdapter.Load(Fixture.Path(of, "adapter")))]))
        {
            Tensor Loss() => model.Loss(io["input_ids"], null, io["decoder_input_ids"]);
            Loss().backward();
            composition.Layers.Should().HaveCount(12);
            foreach (var (site, layer) in composition.Layers)
            {
                var v = ((LearnedComposer)layer).Logits;
                v.grad!.abs().max().item<double>().Should().BePositive(site.Path);
                v.grad!.ShouldBeClose(FiniteDifferences.Of(Loss, v), 1e-7, site.Path);
            }
            foreach (var frozen in model.parameters().Where(p => !p.requires_grad)) frozen.grad.Should().BeNull();
            model.parameters().Count(p => p.requires_grad).Should().Be(12);
        }
        model.parameters().Should().OnlyContain(p => p.requires_grad);
    }

    [Fact]
    public void Every_block_of_umt5_has_its_own_positions_and_a_cache_gives_what_whole_passes_give()
    {
        using var noGrad = no_grad();
        using var model = T5Model.Create(umt5, seed: 1);
        var tables = model.Slots().Where(slot => slot.Name.EndsWith("relative_attention_bias.weight", StringComparison.Ordinal)).ToArray();
        tables.Select(slot => slot.Name).Should().BeEquivalentTo([.. Enumerable.Range(0, 2).Select(i => Table("encoder", i)), .. Enumerable.Range(0, 3).Select(i => Table("decoder", i))]);
        var ids = tensor(new long[,] { { 3, 4, 5, 6, 7 }, { 8, 9, 2, 0, 0 } });
        var mask = ids.ne(0).to(ScalarType.Int64);
        var decoderIds = tensor(new long[,] { { 0, 11, 4, 5, 12, 3 }, { 0, 3, 9, 9, 2, 6 } });
        var states = model.Encode(ids, mask);
        var whole = model.Decode(decoderIds, states, mask);
        using (var cache = model.StartDecoding(states, mask))
        {
            cat([model.Decode(decoderIds[.., ..2], cache), .. Enumerable.Range(2, 4).Select(i => model.Decode(decoderIds[.., i..(i + 1)], cache))], 1).ShouldBeClose(whole, 1e-5);
        }

        // Each table counts.
        foreach (var slot in tables)
        {
            var before = slot.Get().clone();
            slot.Get().add_(randn_like(before));
            model.Decode(decoderIds, model.Encode(ids, mask), mask).Distance(whole).Should().BeGreaterThan(1e-3, slot.Name);
            slot.Get().copy_(before);
        }
        static string Table(string stack, int block) => $"{stack}.block.{block}.layer.0.SelfAttention.relative_attention_bias.weight";
    }

    [Fact]
    public void Generation_of_umt5_with_and_without_a_cache_is_the_same()
    {
        using var noGrad = no_grad();
        using var model = Fixture.T5("umt5", ScalarType.Float64);
        var io = Fixture.Tensors("umt5", "expected.safetensors");
        var generated = model.Generate(io["input_ids"], null, new GenerationOptions { MaxLength = 8 });
        var ids = full([2, 1], model.Config.DecoderStartTokenId, dtype: ScalarType.Int64);
        for (int step = 0; step < 8; step++) ids = cat([ids, model.call(io["input_ids"], null, ids)[.., ^1..].argmax(-1)], 1);
        for (int row = 0; row < 2; row++) ids[row, 1..].data<long>().Take(generated[row].Best.Ids.Count).Select(id => (int)id).Should().Equal(generated[row].Best.Ids);
        generated.Max(result => result.Best.Ids.Count).Should().BeGreaterThan(1);
    }

    // A head of its own lies in the tensors; what a configuration says of it depends on who wrote it.
    [Theory]
    [InlineData("mt5", "4.40.0", "false", true, false, false)]
    [InlineData("mt5", "4.40.0", null, true, false, false)]
    [InlineData("mt5", "4.40.0", "true", false, true, true)]
    [InlineData("mt5", "5.12.1", "true", false, true, false)]
    [InlineData("mt5", "5.12.1", "true", true, false, false)]
    [InlineData("mt5", "5.0.0.dev0", "true", true, false, false)]
    [InlineData("umt5", "4.31.0.dev0", "true", false, true, true)]
    [InlineData("umt5", "4.40.0", "false", true, false, false)]
    [InlineData("umt5", "5.12.1", "true", false, true, true)]
    [InlineData("umt5", "5.12.1", "true", true, false, true)]
    public void Whether_the_head_is_tied_and_scaled(string name, string version, string? tied, bool ownHead, bool isTied, bool isScaled)
    {
        var tensors = Fixture.Tensors(name, Weights);
        if (ownHead) tensors["lm_head.weight"] = tensors["shared.weight"].mul(2);
        SafetensorsWriter.Write(folder.File(Weights), tensors);
        var config = Config(Fixture.Path(name));
        config["transformers_version"] = version;
        config["tie_word_embeddings"] = tied is null ? null : JsonNode.Parse(tied);
        File.WriteAllText(folder.File("config.json"), config.ToJsonString());

        using (var model = T5Model.Load(folder.Path))
        {
            (model.Config.TiedHead, model.Config.ScaledHead).Should().Be((isTied, isScaled));
            model.Save(folder.File("saved"));
        }
        T5Model.Check(folder.File("saved")).Should().Be(T5Model.Check(folder.Path));
    }

    [Fact]
    public void A_head_that_transformers_4_ties_and_that_differs_is_refused()
    {
        var tensors = Fixture.Tensors("umt5", Weights);
        tensors["lm_head.weight"] = tensors["shared.weight"].mul(2);
        SafetensorsWriter.Write(folder.File(Weights), tensors);
        File.WriteAllText(folder.File("config.json"), File.ReadAllText(Fixture.Path("umt5", "config.json")).Replace("5.12.1", "4.40.0", StringComparison.Ordinal));
        FluentActions.Invoking(() => T5Model.Load(folder.Path)).Should().Throw<CheckpointException>().WithMessage("*'lm_head.weight' differs*");
    }

    [Theory]
    [InlineData("umt5", "mt5", "*7*relative_attention_bias*")]
    [InlineData("mt5", "umt5", "*'encoder.block.1.layer.0.SelfAttention.relative_attention_bias.weight'*is missing*")]
    public void Weights_of_the_other_are_refused_by_the_tables(string weights, string config, string message)
    {
        File.Copy(Fixture.Path(weights, Weights), folder.File(Weights));
        File.Copy(Fixture.Path(config, "config.json"), folder.File("config.json"));
        FluentActions.Invoking(() => T5Model.Load(folder.Path)).Should().Throw<CheckpointException>().WithMessage(message.Replace("*7*", "*2 tensors*", StringComparison.Ordinal));
    }

    [Fact]
    public void A_short_config_has_the_defaults_of_its_family()
    {
        T5Config Read(string json) => T5ConfigFile.Read(new ConfigFields("config.json", System.Text.Json.JsonDocument.Parse(json).RootElement));
        Read("""{"model_type": "mt5"}""").Should().Be(T5Config.Of(T5Family.Mt5)).And.Be(new T5Config
        {
            Family = T5Family.Mt5,
            VocabularySize = 250112,
            EncoderLayerCount = 8,
            DecoderLayerCount = 8,
            HeadCount = 6,
            IntermediateSize = 1024,
            FeedForward = T5FeedForwardKind.GatedGelu,
            TiedHead = false,
            ScaledHead = false,
        });
        Read("""{"model_type": "umt5"}""").Should().Be(T5Config.Of(T5Family.Umt5)).And.Be(T5Config.Of(T5Family.Mt5) with { Family = T5Family.Umt5, TiedHead = true, ScaledHead = true });
        Read("""{"model_type": "t5"}""").Should().Be(T5Config.Of(T5Family.T5)).And.Be(new T5Config());
        FluentActions.Invoking(() => T5Config.Of((T5Family)3)).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => (T5ModelTests.Small with { Family = (T5Family)7 }).Validate()).Should().Throw<ArgumentException>();
    }

    [Theory]
    [InlineData(T5Family.Umt5, 256)]
    [InlineData(T5Family.Mt5, 128)]
    public void Loading_takes_a_tenth_more_memory_than_the_file_at_most(T5Family family, int width)
    {
        var config = T5Config.Of(family) with { HiddenSize = width, IntermediateSize = 2 * width };
        long size = 0;
        using (var shape = new T5Model(config, META))
        {
            HollowCheckpoint.Write(folder.File(Weights), shape.Slots().Select(slot => (slot.Name, slot.Shape.ToArray())));
            AtomicFile.Write(folder.File("config.json"), stream => T5ConfigFile.Write(stream, config));
            size = shape.parameters().Sum(p => p.numel()) * 4;
        }
        size.Should().BeInRange(270_000_000, 330_000_000);
        // What is compiled, and read of torch's libraries, on first use does not count.
        Fixture.T5("umt5").Dispose();
        var peak = new NativePeak();
        peak.Start();
        using var model = T5Model.Load(folder.Path);
        model.Config.Should().Be(config);
        peak.Rise.Should().BeLessThan(size * 11 / 10);
    }

    static JsonObject Config(string folder) => JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!.AsObject();
}

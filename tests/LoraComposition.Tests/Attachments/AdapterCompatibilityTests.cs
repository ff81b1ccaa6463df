using LoraComposition.Models;
using LoraComposition.Tests.Support;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Attachments;

public sealed class AdapterCompatibilityTests : IDisposable
{
    readonly VisionTransformer model = Fixture.Vit();

    public void Dispose() => model.Dispose();

    [Fact]
    public void What_fits_is_told_in_the_order_of_the_forward_pass()
    {
        using var adapter = Fixture.Adapter("vit-all-linear");
        var found = AdapterCompatibility.Check(model, adapter);
        found.IsCompatible.Should().BeTrue();
        found.Layers.Should().Equal(model.Sites);
        found.Warnings.Should().BeEmpty();
        model.Sites.Should().OnlyContain(site => site.Layer is TorchSharp.Modules.Linear);
    }

    [Fact]
    public void All_that_does_not_fit_is_told_and_attaching_fails_with_the_first()
    {
        using var odd = new LoraAdapter("odd",
        [
            new("vit.encoder.layer.0.attention.attention.query", SmallLayers.Delta(32, 32, 2, 1, 1)),
            new("vit.layers.0.attention.q_proj", SmallLayers.Delta(32, 32, 2, 1, 1)),
            new("vit.layers.0.mlp.fc1", SmallLayers.Delta(31, 64, 2, 1, 1)),
            new("vit.layers.1.attention.v_proj", SmallLayers.Delta(32, 32, 2, 1, 1)),
            new("vit.layers.7.attention.q_proj", SmallLayers.Delta(32, 32, 2, 1, 1)),
        ]);
        var found = AdapterCompatibility.Check(model, odd);
        found.IsCompatible.Should().BeFalse();
        found.Layers.Select(site => site.Path).Should().Equal("vit.layers.0.attention.q_proj", "vit.layers.1.attention.v_proj");
        found.Refusals.Select(refusal => refusal.Layer).Should().Equal("vit.layers.0.attention.q_proj", "vit.layers.0.mlp.fc1", "vit.layers.7.attention.q_proj");
        found.Refusals[0].Reason.Should().Contain("two spellings");
        found.Refusals[1].Reason.Should().Be("expected lora_A [*, 32] and lora_B [64, *], found [2, 31] and [64, 2].");
        found.Refusals[2].Reason.Should().Contain("no such layer");
        FluentActions.Invoking(() => Composition.AttachUniform(model, [odd])).Should().Throw<AdapterMismatchException>().Which.Layer.Should().Be(found.Refusals[0].Layer);
    }

    [Fact]
    public void It_does_not_matter_what_is_attached()
    {
        using var adapter = Fixture.Adapter("vit-a");
        using var composition = Composition.AttachUniform(model, [adapter]);
        AdapterCompatibility.Check(model, adapter).IsCompatible.Should().BeTrue();
    }

    [Theory]
    [InlineData("google/vit-hf", "google/vit-hf", false)]
    [InlineData("Google/VIT-hf", "google/vit-hf", false)]
    [InlineData("someone/vit-hf", "google/vit-hf", false)]
    [InlineData("google/vit-hf-large", "google/vit-hf", true)]
    [InlineData("google/vit-hf-large", "vit-hf", false)]
    [InlineData("vit", "google/vit-hf", false)]
    [InlineData("models/vit", "google/vit-hf", false)]
    [InlineData("./some/vit", "google/vit-hf", false)]
    [InlineData("/home/someone/vit", "google/vit-hf", false)]
    [InlineData("C:\\models\\vit", "google/vit-hf", false)]
    [InlineData("/cache/hub/models--google--vit-hf/snapshots/0123abc", "google/vit-hf", false)]
    [InlineData("/cache/hub/models--google--vit-hf/snapshots/0123abc/", "google/vit-large", true)]
    [InlineData(null, "google/vit-hf", false)]
    public void Another_base_model_gives_a_warning_where_the_names_can_be_compared(string? trainedOn, string called, bool warns)
    {
        using var named = new VisionTransformer(new VitConfig { HiddenSize = 8, LayerCount = 1, HeadCount = 2, IntermediateSize = 8, ImageSize = 8, PatchSize = 4 }, CPU)
        {
            BaseModelName = called,
        };
        using var adapter = new LoraAdapter("a", [new("vit.layers.0.attention.q_proj", SmallLayers.Delta(8, 8, 2, 1, 1))], trainedOn);
        var found = AdapterCompatibility.Check(named, adapter);
        found.IsCompatible.Should().BeTrue();
        found.Warnings.Where(warning => warning.StartsWith($"Adapter 'a' was trained on '{trainedOn}' but the model is '{called}'", StringComparison.Ordinal))
            .Should().HaveCount(warns ? 1 : 0);
    }

    [Fact]
    public void A_snapshot_of_the_hubs_cache_is_called_as_the_hub_calls_it()
    {
        using var folder = new Files.TemporaryFolder();
        string snapshot = Path.Combine(folder.Path, "models--google--vit-hf", "snapshots", "0123abc");
        Directory.CreateDirectory(snapshot);
        foreach (string file in (string[])["config.json", "model.safetensors"]) File.Copy(Fixture.Path("vit-hf", file), Path.Combine(snapshot, file));
        using var cached = VisionTransformer.Load(snapshot);
        cached.BaseModelName.Should().Be("google/vit-hf");
        using var adapter = new LoraAdapter("a", [new("vit.layers.0.attention.q_proj", SmallLayers.Delta(32, 32, 2, 1, 1))], "google/vit-hf");
        AdapterCompatibility.Check(cached, adapter).Warnings.Should().BeEmpty();
    }

    [Fact]
    public void A_revision_gives_a_warning()
    {
        using var adapter = new LoraAdapter("a", [new("vit.layers.0.attention.q_proj", SmallLayers.Delta(32, 32, 2, 1, 1))]) { Revision = "abc" };
        AdapterCompatibility.Check(model, adapter).Warnings.Should().ContainSingle().Which.Should().Contain("revision 'abc'");
    }

    [Fact]
    public void Two_saved_heads_give_a_warning()
    {
        using var one = Fixture.Adapter("vit-head");
        using var two = LoraAdapter.Load(Fixture.Path("peft", "vit-head"), "second");
        using var none = Fixture.Adapter("vit-a");
        AdapterCompatibility.Check(model, one, none).Warnings.Should().BeEmpty();
        AdapterCompatibility.Check(model, one, none, two).Warnings.Should().HaveCount(2).And.Contain("Adapters 'vit-head', 'second' are the same file, which so counts 2 times.")
            .And.Contain(warning => warning.StartsWith("Adapters 'vit-head', 'second' each hold a saved head"));
    }

    [Fact]
    public void Without_an_adapter_there_is_nothing_to_check() =>
        FluentActions.Invoking(() => AdapterCompatibility.Check(model)).Should().Throw<ArgumentException>();

    [Theory]
    [InlineData("vit-a", ModuleSpelling.Transformers4, "vit-a-v4names")]
    [InlineData("vit-a-v4names", ModuleSpelling.Transformers5, "vit-a")]
    [InlineData("vit-a", ModuleSpelling.Transformers5, "vit-a")]
    public void An_adapter_is_respelled_to_the_bytes_that_peft_writes(string from, ModuleSpelling spelling, string to)
    {
        using var folder = new TemporaryFolder();
        using var adapter = Fixture.Adapter(from);
        using (var respelled = AdapterSpelling.Respell(adapter, model, spelling)) respelled.Save(folder.Path);
        File.ReadAllBytes(folder.File("adapter_model.safetensors")).Should().Equal(File.ReadAllBytes(Fixture.Path("peft", to, "adapter_model.safetensors")));
    }

    [Fact]
    public void Respelling_keeps_the_rest_and_refuses_what_does_not_fit()
    {
        using var scope = NewDisposeScope();
        using var adapter = Fixture.Adapter("vit-head");
        using var composition = Composition.AttachLearned(model, [adapter, adapter], new Dictionary<string, IReadOnlyList<double>> { ["vit.layers.0.attention.q_proj"] = [0, 1] });
        using var composed = composition.ToAdapter("c");
        using var respelled = AdapterSpelling.Respell(composed, model, ModuleSpelling.Transformers4);
        respelled.Provenance!.Sources[0].LayerWeights.Keys.Should().BeEquivalentTo(respelled.Layers.Keys);
        using (var copy = AdapterSpelling.Respell(adapter, model, ModuleSpelling.Transformers4))
        {
            (copy.Name, copy.BaseModel).Should().Be((adapter.Name, adapter.BaseModel));
            copy.Head!.Weight.ShouldBeIdentical(adapter.Head!.Weight);
        }
        adapter.Head!.Weight.sum().item<float>().Should().NotBe(0, "the copy had its own head");
        using var unknown = new LoraAdapter("odd", [new("x", SmallLayers.Delta(32, 32, 2, 1, 1))]);
        unknown.Invoking(a => AdapterSpelling.Respell(a, model, ModuleSpelling.Transformers5)).Should().Throw<AdapterMismatchException>();
    }
}

using System.Text.Json;
using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tool.Tests;

/// <summary>What becomes of heads that were saved with adapters, on a base model.</summary>
public sealed class SavedHeadTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task TheCheckpointWithAnAdaptersHeadComputesWhatPeftsMergedModelComputes()
    {
        var (code, text, errors) = await Compose("checkpoint", [Reference.Adapter("vit-head")]);

        (code, errors).Should().BeEquivalentTo((0, Array.Empty<string>()));
        JsonDocument.Parse(text).RootElement.GetProperty("head").GetString().Should().Be("vit-head");
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = VisionTransformer.Load(folder.At("out"));
        (model.call(Reference.Pixels()) - Reference.Logits("vit-head")).abs().max().item<float>().Should().BeLessThan(1e-4f);
    }

    [Theory]
    [InlineData("checkpoint")]
    [InlineData("adapter")]
    public async Task AHeadOfOtherClassesComesWithItsLabels(string form)
    {
        Head("cats", 3, 1, ["lion", "lynx", "puma"]);

        var (code, _, errors) = await Compose(form, [folder.At("cats"), Reference.Adapter("vit-a")]);

        (code, errors).Should().BeEquivalentTo((0, Array.Empty<string>()));
        Classes(form).Should().Equal("lion", "lynx", "puma");
    }

    [Theory]
    [InlineData("checkpoint")]
    [InlineData("adapter")]
    public async Task OfSeveralHeadsAnOptionChoosesAndWithoutItNoneIsKept(string form)
    {
        Head("cats", 3, 1, ["lion", "lynx", "puma"]);
        Head("dogs", 2, 2, ["wolf", "fox"]);
        string[] adapters = [folder.At("cats"), folder.At("dogs")];

        var (code, text, _) = await Compose(form, adapters);
        code.Should().Be(0);
        JsonDocument.Parse(text).RootElement.GetProperty("warnings").EnumerateArray().Select(warning => warning.GetString()!)
            .Should().ContainSingle(warning => warning.StartsWith("The saved heads of adapters 'cats', 'dogs' differ and none is kept", StringComparison.Ordinal) && warning.Contains("--head"));
        Classes(form).Should().BeEquivalentTo(form == "adapter" ? null : (string[])["LABEL_0", "LABEL_1", "LABEL_2", "LABEL_3", "LABEL_4"]);

        (await Compose(form, adapters, "--head", "dogs", "--force")).Code.Should().Be(0);
        Classes(form).Should().Equal("wolf", "fox");

        (await Compose(form, adapters, "--drop-saved", "--force")).Code.Should().Be(0);
        if (form == "checkpoint") Classes(form).Should().HaveCount(5);

        var (refused, _, errors) = await Compose(form, adapters, "--head", "birds", "--force");
        refused.Should().Be(2);
        errors.Should().Equal("--head birds: expected the name of an adapter, one of cats, dogs.");
    }

    [Fact]
    public async Task AHeadOfAnotherWidthIsRefusedWithItsFile()
    {
        using (var adapter = LoraAdapter.Load(Reference.Adapter("vit-a")))
        using (var wide = new LoraAdapter("wide", adapter.Layers.Select(layer => KeyValuePair.Create(layer.Key, layer.Value.Clone()))) { Head = new SavedHead(zeros(3, 33), null) })
            wide.Save(folder.At("wide"));

        var (code, _, errors) = await Compose("checkpoint", [folder.At("wide")]);

        code.Should().Be(1);
        errors.Should().ContainSingle().Which.Should().Contain("adapter_model.safetensors: the saved head: The head's weight is [3, 33], expected [*, 32]");
    }

    [Fact]
    public async Task WhereOneAdapterAdaptsTheHeadNoSavedOneIsKept()
    {
        using (var model = VisionTransformer.Load(Reference.Base))
        using (var tuned = new LoraAdapter("tuned", [KeyValuePair.Create("classifier", new LoraDelta(ones(2, 32), ones(5, 2), 0.5))])) tuned.Save(folder.At("tuned"));

        var (code, text, _) = await Compose("checkpoint", [folder.At("tuned"), Reference.Adapter("vit-head")]);

        code.Should().Be(0);
        text.Should().Contain("Adapter 'tuned' adapts the base's head, so that the saved head of 'vit-head' is not kept");
    }

    IReadOnlyList<string>? Classes(string form)
    {
        if (form == "checkpoint") return VisionTransformer.Check(folder.At("out")).ClassNames;
        using var adapter = LoraAdapter.Load(folder.At("out"));
        return adapter.Head?.ClassNames;
    }

    void Head(string name, int classes, int seed, string[] labels)
    {
        using var generator = new Generator((ulong)seed, CPU);
        using var adapter = LoraAdapter.Load(Reference.Adapter("vit-b"));
        using var made = new LoraAdapter(name, adapter.Layers.Select(layer => KeyValuePair.Create(layer.Key, layer.Value.Clone())))
        {
            Head = new SavedHead(randn([classes, 32], generator: generator), zeros(classes), labels),
        };
        made.Save(folder.At(name));
    }

    Task<(int Code, string Output, string[] Errors)> Compose(string form, string[] adapters, params string[] more) =>
        CommandLine.RunAsync(["compose", "--base", Reference.Base, "--adapter", .. adapters, "--as", form, "--out", folder.At("out"), "--json", .. more]);
}

using LoraComposition.Files;
using LoraComposition.Models;
using LoraComposition.Tests.Support;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Attachments;

/// <summary>Adapters for a ViT without its head and for timm's, whatever the model was read from.</summary>
public sealed class OtherNamesTests
{
    [Theory]
    [InlineData("layers.0.attention.q_proj")]
    [InlineData("encoder.layer.0.attention.attention.query")]
    [InlineData("vit.encoder.layer.0.attention.attention.query")]
    [InlineData("model.vit.layers.0.attention.q_proj")]
    [InlineData("backbone.encoder.layer.0.attention.attention.query")]
    public void A_layer_has_one_place_under_all_its_names(string path)
    {
        foreach (string folder in (string[])["vit-hf", "vit-hf-backbone", "vit-timm"])
        {
            using var model = VisionTransformer.Load(Fixture.Path(folder));
            using var adapter = new LoraAdapter("a", [new(path, SmallLayers.Delta(32, 32, 2, 1, 1))]);
            AdapterCompatibility.Check(model, adapter).Layers.Should().Equal([model.Sites[0]], folder);
        }
    }

    [Fact]
    public void Timms_fused_layer_is_split_exactly()
    {
        using var model = VisionTransformer.Load(Fixture.Path("vit-timm"));
        using var adapter = new LoraAdapter("fused",
        [
            new("blocks.1.attn.qkv", SmallLayers.Delta(32, 96, 4, 2, 1)), new("blocks.1.attn.proj", SmallLayers.Delta(32, 32, 4, 2, 2)),
            new("blocks.1.mlp.fc1", SmallLayers.Delta(32, 64, 4, 2, 3)), new("blocks.1.mlp.fc2", SmallLayers.Delta(64, 32, 4, 2, 4)),
            new("head", SmallLayers.Delta(32, 5, 2, 1, 5)),
        ]);
        using var before = Pixels();
        // [3d, d]: query, key and value in this order.
        using var fused = adapter.Layers["blocks.1.attn.qkv"].ToDense();
        using (var composition = Composition.AttachUniform(model, [adapter]))
        {
            composition.Layers.Select(layer => layer.Site.Role).Should().BeEquivalentTo([LinearRole.Query, LinearRole.Key, LinearRole.Value, LinearRole.Output,
                LinearRole.FeedForwardIn, LinearRole.FeedForwardOut, LinearRole.Head]);
            using var exported = composition.ToAdapter("split");
            foreach (var (part, name) in ((string[])["q_proj", "k_proj", "v_proj"]).Index())
            {
                using var dense = exported.Layers[$"vit.layers.1.attention.{name}"].ToDense();
                dense.equal(fused.narrow(0, part * 32, 32)).all().item<bool>().Should().BeTrue(name);
            }
        }
    }

    [Fact]
    public void The_fused_layer_computes_what_timms_own_layer_would()
    {
        using var scope = NewDisposeScope();
        using var adapter = new LoraAdapter("fused", [new("blocks.0.attn.qkv", SmallLayers.Delta(32, 96, 4, 2, 1))]);
        using var folder = new Files.TemporaryFolder();
        File.Copy(Fixture.Path("vit-timm", "config.json"), folder.File("config.json"));
        var tensors = Fixture.Tensors("vit-timm", "model.safetensors");
        tensors["blocks.0.attn.qkv.weight"] = tensors["blocks.0.attn.qkv.weight"].add(adapter.Layers["blocks.0.attn.qkv"].ToDense());
        SafetensorsWriter.Write(folder.File("model.safetensors"), tensors);

        using VisionTransformer merged = VisionTransformer.Load(folder.Path), model = VisionTransformer.Load(Fixture.Path("vit-timm"));
        using var composition = Composition.AttachUniform(model, [adapter]);
        model.call(Pixels()).ShouldBeClose(merged.call(Pixels()), 1e-5);
    }

    [Theory]
    [InlineData(64)]
    [InlineData(95)]
    public void A_fused_layer_of_another_width_is_refused(int width)
    {
        using var model = VisionTransformer.Load(Fixture.Path("vit-timm"));
        using var adapter = new LoraAdapter("odd", [new("blocks.0.attn.qkv", SmallLayers.Delta(32, width, 2, 1, 1))]);
        AdapterCompatibility.Check(model, adapter).Refusals.Should().ContainSingle().Which.Reason.Should().Contain("lora_B [96, *]");
    }

    [Fact]
    public void A_part_beside_the_whole_is_named_twice()
    {
        using var model = VisionTransformer.Load(Fixture.Path("vit-timm"));
        using var adapter = new LoraAdapter("both", [new("blocks.0.attn.qkv", SmallLayers.Delta(32, 96, 2, 1, 1)), new("vit.layers.0.attention.k_proj", SmallLayers.Delta(32, 32, 2, 1, 1))]);
        AdapterCompatibility.Check(model, adapter).Refusals.Should().ContainSingle().Which.Reason.Should().Contain("in two spellings");
    }

    [Fact]
    public void Weights_that_name_one_layer_twice_are_refused_with_both_names()
    {
        using var model = Fixture.Vit();
        var adapters = Fixture.Adapters();
        try
        {
            string[] paths = [.. adapters[0].Layers.Keys, "vit.encoder.layer.0.attention.attention.query"];
            var weights = new CompositionWeights([.. adapters.Select(adapter => adapter.Name)], paths.Select(path => KeyValuePair.Create(path, (IReadOnlyList<double>)[1, 1, 1])));
            foreach (var attach in (Action[])[() => Composition.AttachWeighted(model, adapters, weights), () => Composition.AttachMerged(model, adapters, new MeanMerge(), weights)])
                attach.Should().Throw<ArgumentException>().WithMessage("One layer is named twice, as 'vit.layers.0.attention.q_proj' and as 'vit.encoder.layer.0.attention.attention.query'*");
        }
        finally
        {
            foreach (var adapter in adapters) adapter.Dispose();
        }
    }

    static Tensor Pixels() => Fixture.Tensors("vit-timm", "io.safetensors")["pixel_values"];
}

using System.Text.Json;
using LoraComposition.Models;
using LoraComposition.Tests.Support;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Models.Vit;

/// <summary>Checkpoints as they are distributed, by names and shapes.</summary>
public class VitLayoutTests
{
    static (string Name, long[] Shape)[] In21k()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Fixture.Path("layouts", "vit-base-patch32-224-in21k.json")));
        return [.. document.RootElement.GetProperty("tensors").EnumerateObject().Select(t => (t.Name, t.Value.EnumerateArray().Select(d => d.GetInt64()).ToArray()))];
    }

    [Fact]
    public void ViT_B_32_of_the_hub_maps_completely_but_for_its_pooler()
    {
        var distributed = In21k();
        using var model = new VisionTransformer(new VitConfig(), META);
        var layout = TransformersVitLayout.Of(distributed.Select(t => t.Name));

        var slots = model.Slots(layout).ToDictionary(slot => slot.Name, slot => slot.Source.WholeShape(slot.Shape));

        distributed.Select(t => t.Name).Except(slots.Keys).Should().BeEquivalentTo("pooler.dense.weight", "pooler.dense.bias").And.BeSubsetOf(layout.Unused);
        slots.Keys.Except(distributed.Select(t => t.Name)).Should().BeEmpty();
        foreach (var (name, shape) in distributed.Where(t => slots.ContainsKey(t.Name))) shape.Should().Equal(slots[name], name);
    }

    [Fact]
    public void ViT_B_32_of_the_hub_loads_as_it_is()
    {
        using var folder = new TemporaryFolder();
        HollowCheckpoint.Write(folder.File("model.safetensors"), In21k());
        File.WriteAllText(folder.File("config.json"), """{"model_type": "vit", "hidden_size": 768, "patch_size": 32, "id2label": {"0": "LABEL_0", "1": "LABEL_1"}}""");

        using var model = VisionTransformer.Load(folder.Path);

        model.Config.Should().BeEquivalentTo(new VitConfig());
        model.Classifier.Should().BeNull();
    }

    // A folder of timm's on the hub names the architecture and leaves its arguments out.
    [Fact]
    public void ViT_B_32_of_timm_loads_as_it_is()
    {
        using var folder = new TemporaryFolder();
        using var shape = new VisionTransformer(new VitConfig { ClassNames = [.. Enumerable.Range(0, 1000).Select(i => $"LABEL_{i}")] }, META);
        HollowCheckpoint.Write(folder.File("model.safetensors"), shape.Slots(new TimmVitLayout()).DistinctBy(slot => slot.Name).Select(slot => (slot.Name, slot.Source.WholeShape(slot.Shape).ToArray())));
        File.WriteAllText(folder.File("config.json"), """
            {"architecture": "vit_base_patch32_224", "num_classes": 1000, "num_features": 768, "global_pool": "token",
             "pretrained_cfg": {"tag": "augreg_in21k_ft_in1k", "custom_load": true, "input_size": [3, 224, 224], "fixed_input_size": true, "interpolation": "bicubic", "crop_pct": 0.9,
              "crop_mode": "center", "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5], "num_classes": 1000, "pool_size": null, "first_conv": "patch_embed.proj", "classifier": "head"}}
            """);

        using var model = VisionTransformer.Load(folder.Path);

        model.Config.Should().BeEquivalentTo(shape.Config with { LayerNormEpsilon = 1e-6 });
        model.Sites.Should().HaveCount(12 * 6 + 1);
    }
}

using System.Text.Json.Nodes;
using LoraComposition.Files;
using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Models.Vit;

/// <summary>What is written of a model of each family is what transformers reads: its names, its shapes, its configuration.</summary>
public sealed class VitFamilyStorageTests : IDisposable
{
    readonly DisposeScope scope = NewDisposeScope();
    readonly IDisposable noGrad = no_grad();
    readonly TemporaryFolder folder = new();

    public void Dispose()
    {
        folder.Dispose();
        noGrad.Dispose();
        scope.Dispose();
    }

    [Theory]
    [MemberData(nameof(VitFamilyCases.All), MemberType = typeof(VitFamilyCases))]
    public void Saved_by_itself_it_has_the_names_of_its_family_and_reads_back(string name)
    {
        using var model = VitFamilyCases.Load(name);
        model.Save(folder.Path);

        var (written, reference) = (Tensors(folder.Path), Tensors(VitFamilyCases.Folder(name)));
        // What classification does not use is not kept: the texts' side, the norm that is not read, the token of masked images.
        reference.Keys.Except(written.Keys).Where(left => !IsLeftOut(left)).Should().BeEmpty();
        foreach (var (key, tensor) in written)
        {
            reference.Should().ContainKey(key);
            tensor.ShouldBeIdentical(reference[key], key);
        }
        using var again = VisionTransformer.Load(folder.Path);
        again.Config.Should().BeEquivalentTo(model.Config);
        (again.Config == model.Config with { ClassNames = again.Config.ClassNames }).Should().BeTrue("the parts and the family are the same too");
        VitFamilyCases.Output(again, VitFamilyCases.Expected(name)["pixel_values"]).ShouldBeClose(VitFamilyCases.Expected(name)["output"], 1e-5);
        var (mine, theirs) = (Config(folder.Path), Config(VitFamilyCases.Folder(name)));
        mine["model_type"]!.GetValue<string>().Should().Be(theirs["model_type"]!.GetValue<string>());
        mine["architectures"]!.ToJsonString().Should().Be(theirs["architectures"]!.ToJsonString());
    }

    [Theory]
    [MemberData(nameof(VitFamilyCases.All), MemberType = typeof(VitFamilyCases))]
    public void Saved_over_its_base_unchanged_it_is_the_same_bytes(string name)
    {
        using var model = VitFamilyCases.Load(name);
        model.Save(folder.Path, new CheckpointSaveOptions { Base = VitFamilyCases.Folder(name) });

        foreach (var (key, bytes) in Bytes(VitFamilyCases.Folder(name))) Bytes(folder.Path)[key].Should().Equal(bytes, key);
        File.ReadAllBytes(folder.File("config.json")).Should().Equal(File.ReadAllBytes(Path.Combine(VitFamilyCases.Folder(name), "config.json")));
    }

    [Theory]
    [MemberData(nameof(VitFamilyCases.All), MemberType = typeof(VitFamilyCases))]
    public void A_merge_changes_the_adapted_layers_alone(string name)
    {
        using var model = VitFamilyCases.Load(name);
        using var adapter = VitFamilyCases.Adapter(name);
        using (var attached = Composition.AttachUniform(model, [adapter])) attached.MergeIntoBase();
        model.Save(folder.Path, new CheckpointSaveOptions { Base = VitFamilyCases.Folder(name) });

        var (before, after) = (Bytes(VitFamilyCases.Folder(name)), Bytes(folder.Path));
        after.Keys.Should().BeEquivalentTo(before.Keys);
        var changed = before.Keys.Where(key => !before[key].SequenceEqual(after[key])).ToArray();
        changed.Should().HaveCount(adapter.Layers.Count).And.OnlyContain(key => key.EndsWith("query.weight") || key.EndsWith("value.weight") || key.EndsWith("q_proj.weight") || key.EndsWith("v_proj.weight"));
        using var again = VitFamilyCases.Load(name);
        using var merged = VisionTransformer.Load(folder.Path);
        VitFamilyCases.Output(merged, VitFamilyCases.Expected(name)["pixel_values"]).ShouldBeClose(VitFamilyCases.Expected(name)["output_with_adapter"], 1e-5);
    }

    [Theory]
    [MemberData(nameof(VitFamilyCases.All), MemberType = typeof(VitFamilyCases))]
    public void A_fresh_head_goes_with_it_over_its_base_and_by_itself(string name)
    {
        using var model = VitFamilyCases.Load(name, new VitLoadOptions { ClassNames = ["a", "b", "c"], HeadSeed = 3 });
        var pixels = VitFamilyCases.Expected(name)["pixel_values"];
        using (var bias = tensor(new[] { 1f, -2, 3 })) model.Classifier!.bias!.copy_(bias);
        var logits = model.call(pixels);
        logits.shape.Should().Equal(2, 3);
        model.Classifier!.weight!.shape.Should().Equal(3, model.Config.FeatureSize);

        model.Save(folder.Path, new CheckpointSaveOptions { Base = VitFamilyCases.Folder(name) });
        using var over = VisionTransformer.Load(folder.Path);
        over.Config.ClassNames.Should().Equal("a", "b", "c");
        over.call(pixels).ShouldBeClose(logits, 1e-6);
        using var alone = new TemporaryFolder();
        model.Save(alone.Path);
        using var read = VisionTransformer.Load(alone.Path);
        read.Config.ClassNames.Should().Equal("a", "b", "c");
        read.call(pixels).ShouldBeClose(logits, 1e-6);
    }

    [Theory]
    [MemberData(nameof(VitFamilyCases.All), MemberType = typeof(VitFamilyCases))]
    public void Another_size_of_the_images_is_read_back(string name)
    {
        using var model = VitFamilyCases.Load(name, new VitLoadOptions { ImageSize = 42 });
        using var generator = new Generator(3, CPU);
        var pixels = randn(2, 3, 42, 42, generator: generator);
        var output = VitFamilyCases.Output(model, pixels);

        model.Save(folder.Path, new CheckpointSaveOptions { Base = VitFamilyCases.Folder(name) });
        using var again = VisionTransformer.Load(folder.Path);
        again.Config.ImageSize.Should().Be(42);
        VitFamilyCases.Output(again, pixels).ShouldBeClose(output, 1e-6);
    }

    [Theory]
    [MemberData(nameof(VitFamilyCases.All), MemberType = typeof(VitFamilyCases))]
    public void A_new_model_of_the_family_is_written_and_read(string name)
    {
        var config = VisionTransformer.Check(VitFamilyCases.Folder(name));
        using var model = VisionTransformer.Create(config, seed: 1);
        model.Save(folder.Path);

        using var again = VisionTransformer.Load(folder.Path);
        foreach (var (key, parameter) in model.named_parameters()) again.get_parameter(key)!.ShouldBeIdentical(parameter, key);
        model.parameters().Should().OnlyContain(p => p.isfinite().all().item<bool>());
    }

    static bool IsLeftOut(string name) => name.StartsWith("text_model.", StringComparison.Ordinal) || name.EndsWith("mask_token", StringComparison.Ordinal)
        || name.Contains(".post_layernorm.", StringComparison.Ordinal);

    static Dictionary<string, Tensor> Tensors(string path)
    {
        using var file = SafetensorsFile.Open(Path.Combine(path, "model.safetensors"));
        return file.Tensors.Keys.ToDictionary(name => name, file.Read);
    }

    static Dictionary<string, byte[]> Bytes(string path) => Tensors(path).ToDictionary(pair => pair.Key, pair => pair.Value.contiguous().bytes.ToArray());

    static JsonObject Config(string path) => JsonNode.Parse(File.ReadAllText(Path.Combine(path, "config.json")))!.AsObject();
}

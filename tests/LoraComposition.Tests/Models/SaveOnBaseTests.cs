using System.Text.Json.Nodes;
using LoraComposition.Files;
using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;
using TemporaryFolder = LoraComposition.Tests.Files.TemporaryFolder;

namespace LoraComposition.Tests.Models;

/// <summary>A model that is written over its base leaves there what it did not change, byte for byte.</summary>
public sealed class SaveOnBaseTests : IDisposable
{
    readonly TemporaryFolder from = new(), to = new();

    public void Dispose()
    {
        from.Dispose();
        to.Dispose();
    }

    [Theory]
    [InlineData("vit-hf", "vit-a", ScalarType.Float32)]
    [InlineData("vit-hf", "vit-a", ScalarType.BFloat16)]
    [InlineData("vit-hf-backbone", "vit-a", ScalarType.Float32)]
    [InlineData("vit-timm", "vit-a", ScalarType.Float16)]
    [InlineData("t5-flan", "t5-a", ScalarType.BFloat16)]
    [InlineData("t5-v1.0", "t5-a", ScalarType.Float32)]
    [InlineData("umt5", "t5-a", ScalarType.BFloat16)]
    public void Only_the_weights_of_the_composed_layers_change(string fixture, string adapterName, ScalarType dtype)
    {
        Copy(fixture, dtype, ("vit.pooler.dense.weight", ones(32, 32)), ("vit.pooler.dense.bias", ones(32)));
        string[] settings = ["task_specific_params", "problem_type", "dropout_rate", "an_unknown_setting"];
        Edit(config =>
        {
            foreach (string setting in settings) config[setting] = new JsonObject { ["kept"] = 0.25 };
        });
        File.WriteAllText(from.File("preprocessor_config.json"), "{}");
        File.WriteAllText(from.File("README.md"), "# mine");
        File.WriteAllText(from.File(".hidden"), "");
        File.WriteAllText(from.File("pytorch_model.bin"), "");

        string[] changed;
        using (var model = BaseModel.Load(from.Path))
        {
            using var adapter = Fitting(adapterName, model);
            using var composition = Composition.AttachUniform(model, [adapter]);
            changed = [.. composition.Layers.Select(layer => layer.Site.Path)];
            composition.MergeIntoBase();
            model.Save(to.Path, new CheckpointSaveOptions { Base = from.Path });
        }

        File.ReadAllBytes(to.File("config.json")).Should().Equal(File.ReadAllBytes(from.File("config.json")));
        Directory.GetFiles(to.Path).Select(Path.GetFileName).Should().BeEquivalentTo("config.json", "model.safetensors", "preprocessor_config.json", "README.md");
        using SafetensorsFile before = SafetensorsFile.Open(from.File("model.safetensors")), after = SafetensorsFile.Open(to.File("model.safetensors"));
        after.Tensors.Keys.Should().BeEquivalentTo(before.Tensors.Keys);
        int others = 0;
        foreach (string name in before.Tensors.Keys)
        {
            using var scope = NewDisposeScope();
            Tensor one = before.Read(name), two = after.Read(name);
            two.dtype.Should().Be(one.dtype, name);
            if (!one.eq(two).all().item<bool>()) others++;
        }
        // Query, key and value are one tensor in timm's layout.
        others.Should().Be(fixture == "vit-timm" ? 2 : changed.Length);
    }

    [Fact]
    public void What_changed_is_rounded_once_to_the_type_of_the_base()
    {
        Copy("vit-hf", ScalarType.BFloat16);
        using var scope = NewDisposeScope();
        using var model = VisionTransformer.Load(from.Path);
        using var adapter = Fixture.Adapter("vit-a");
        using (var composition = Composition.AttachUniform(model, [adapter])) composition.MergeIntoBase();
        model.Save(to.Path, new CheckpointSaveOptions { Base = from.Path });
        using var after = SafetensorsFile.Open(to.File("model.safetensors"));
        var site = model.Sites.First(site => site.Path == adapter.Layers.Keys.First());
        after.Read(site.PathIn(ModuleSpelling.Transformers4) + ".weight").ShouldBeIdentical(((TorchSharp.Modules.Linear)site.Layer).weight!.detach().to(ScalarType.BFloat16));
    }

    [Fact]
    public void A_type_that_is_asked_for_is_that_of_all_and_the_settings_say_so()
    {
        Copy("vit-hf", ScalarType.Float32, ("vit.pooler.dense.weight", ones(32, 32)));
        using (var model = VisionTransformer.Load(from.Path)) model.Save(to.Path, new CheckpointSaveOptions { Base = from.Path, Dtype = ScalarType.BFloat16 });
        using var after = SafetensorsFile.Open(to.File("model.safetensors"));
        after.Tensors.Values.Should().OnlyContain(tensor => tensor.Dtype == ScalarType.BFloat16);
        JsonNode.Parse(File.ReadAllText(to.File("config.json")))!["dtype"]!.GetValue<string>().Should().Be("bfloat16");
    }

    [Theory]
    [InlineData("vit-hf", "classifier.weight", "vit.encoder.layer.0.attention.attention.query.weight")]
    [InlineData("vit-hf-backbone", "classifier.weight", "vit.encoder.layer.0.attention.attention.query.weight")]
    [InlineData("vit-timm", "head.weight", "blocks.0.attn.qkv.weight")]
    public void Another_head_goes_in_with_its_labels(string fixture, string head, string layer)
    {
        Copy(fixture, ScalarType.Float32);
        Edit(config => config["problem_type"] = "single_label_classification");
        using var expected = randn(3, 32);
        using (var model = VisionTransformer.Load(from.Path))
        {
            model.SetHead(new SavedHead(expected.clone(), zeros(3), ["cat", "dog", "élan"]));
            model.Save(to.Path, new CheckpointSaveOptions { Base = from.Path });
        }
        using (var file = SafetensorsFile.Open(to.File("model.safetensors")))
        {
            file.Tensors.Keys.Should().Contain([head, layer]);
            using var written = file.Read(head);
            written.ShouldBeIdentical(expected);
        }
        using var read = VisionTransformer.Load(to.Path);
        read.Config.ClassNames.Should().Equal("cat", "dog", "élan");
        var config = JsonNode.Parse(File.ReadAllText(to.File("config.json")))!;
        config["problem_type"]!.GetValue<string>().Should().Be("single_label_classification");
        if (fixture == "vit-timm") config["num_classes"]!.GetValue<int>().Should().Be(3);
        else config["architectures"]![0]!.GetValue<string>().Should().Be("ViTForImageClassification");
    }

    [Fact]
    public void Text_entries_stay_and_the_provenance_joins_them()
    {
        Copy("vit-hf", ScalarType.Float32);
        using (var model = VisionTransformer.Load(from.Path))
        {
            using (var scope = NewDisposeScope())
                SafetensorsWriter.Write(from.File("model.safetensors"), Tensors(), new Dictionary<string, string> { ["format"] = "pt", ["made_by"] = "me" });
            model.Save(to.Path, new CheckpointSaveOptions { Base = from.Path, Provenance = new AdapterProvenance { Method = "uniform", Sources = [new AdapterSource { Name = "a", Weight = 1 }] } });
        }
        using var file = SafetensorsFile.Open(to.File("model.safetensors"));
        file.Metadata["made_by"].Should().Be("me");
        file.Metadata["lora_composition.method"].Should().Be("uniform");
    }

    [Fact]
    public void Another_model_is_not_written_over_it()
    {
        Copy("vit-hf", ScalarType.Float32);
        using var other = VisionTransformer.Create(new VitConfig { HiddenSize = 8, LayerCount = 1, HeadCount = 2, IntermediateSize = 8, ImageSize = 8, PatchSize = 4 }, seed: 0);
        other.Invoking(model => model.Save(to.Path, new CheckpointSaveOptions { Base = from.Path })).Should().Throw<CheckpointException>().WithMessage("*not those of the model*");
        Directory.EnumerateFileSystemEntries(to.Path).Should().BeEmpty();
    }

    [Theory]
    [InlineData("encoder.embed_tokens.weight")]
    [InlineData("decoder.embed_tokens.weight")]
    [InlineData("lm_head.weight")]
    public void A_T5_is_read_by_whatever_name_its_embedding_has_and_keeps_it(string name)
    {
        Copy("t5-v1.0", ScalarType.Float32);
        using (var scope = NewDisposeScope())
        {
            var tensors = Tensors();
            tensors[name] = tensors["shared.weight"];
            foreach (string other in (string[])["shared.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight", "lm_head.weight"])
                if (other != name) tensors.Remove(other);
            SafetensorsWriter.Write(from.File("model.safetensors"), tensors);
        }
        using T5Model expected = Fixture.T5("t5-v1.0"), model = T5Model.Load(from.Path);
        using (var scope = NewDisposeScope())
        {
            var io = Fixture.Tensors("t5-v1.0", "io.safetensors");
            var ids = io["input_ids"];
            model.Encode(ids).ShouldBeIdentical(expected.Encode(ids));
        }
        model.Save(to.Path, new CheckpointSaveOptions { Base = from.Path });
        File.ReadAllBytes(to.File("config.json")).Should().Equal(File.ReadAllBytes(from.File("config.json")));
        using var after = SafetensorsFile.Open(to.File("model.safetensors"));
        after.Tensors.Keys.Should().Contain(name).And.NotContain("shared.weight");
    }

    [Fact]
    public void A_T5_without_any_embedding_is_refused_with_all_its_names()
    {
        Copy("t5-v1.0", ScalarType.Float32);
        using (var scope = NewDisposeScope())
        {
            var tensors = Tensors();
            foreach (string name in (string[])["shared.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight", "lm_head.weight"]) tensors.Remove(name);
            SafetensorsWriter.Write(from.File("model.safetensors"), tensors);
        }
        FluentActions.Invoking(() => T5Model.Load(from.Path)).Should().Throw<CheckpointException>()
            .WithMessage("*tensor 'shared.weight', the embedding, is missing, and so are its other names 'encoder.embed_tokens.weight', 'decoder.embed_tokens.weight', 'lm_head.weight'*");
    }

    [Fact]
    public void What_a_model_was_pretrained_with_is_no_part_of_it()
    {
        Copy("vit-hf", ScalarType.Float32, ("vit.embeddings.mask_token", zeros(1, 1, 32)), ("decoder.0.weight", zeros(12, 32, 1, 1)), ("decoder.0.bias", zeros(12)));
        using VisionTransformer model = VisionTransformer.Load(from.Path), expected = Fixture.Vit();
        using var scope = NewDisposeScope();
        var pixels = Fixture.Tensors("vit-hf", "io.safetensors")["pixel_values"];
        model.call(pixels).ShouldBeIdentical(expected.call(pixels));
    }

    /// <summary>What of an adapter fits a model, which may have fewer layers.</summary>
    static LoraAdapter Fitting(string name, IBaseModel model)
    {
        using var adapter = Fixture.Adapter(name);
        string[] odd = [.. AdapterCompatibility.Check(model, adapter).Refusals.Select(refusal => refusal.Layer)];
        return new LoraAdapter(name, adapter.Layers.Where(layer => !odd.Contains(layer.Key)).Select(layer => KeyValuePair.Create(layer.Key, layer.Value.Clone())));
    }

    void Copy(string fixture, ScalarType dtype, params (string Name, Tensor Numbers)[] more)
    {
        using var scope = NewDisposeScope();
        File.Copy(Fixture.Path(fixture, "config.json"), from.File("config.json"));
        var tensors = Fixture.Tensors(fixture, "model.safetensors").ToDictionary(pair => pair.Key, pair => pair.Value.to(dtype));
        // A ViT's own part is called vit where it has a head, and has no pooler in timm's layout and in a T5.
        foreach (var (name, numbers) in more)
        {
            if (name.Contains("pooler", StringComparison.Ordinal) && !fixture.StartsWith("vit-hf", StringComparison.Ordinal)) continue;
            tensors[fixture == "vit-hf-backbone" ? name["vit.".Length..] : name] = numbers;
        }
        SafetensorsWriter.Write(from.File("model.safetensors"), tensors);
    }

    Dictionary<string, Tensor> Tensors()
    {
        using var file = SafetensorsFile.Open(from.File("model.safetensors"));
        return file.Tensors.Keys.ToDictionary(name => name, name => file.Read(name).clone());
    }

    void Edit(Action<JsonObject> edit)
    {
        var config = JsonNode.Parse(File.ReadAllText(from.File("config.json")))!.AsObject();
        edit(config);
        File.WriteAllText(from.File("config.json"), config.ToJsonString());
    }
}

using System.Text.Json.Nodes;
using LoraComposition.Files;
using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Models.Vit;

/// <summary>Folders as the hub has them beside those of the classifiers: without a head, with a side for texts, and such as are refused.</summary>
public sealed class VitFamilyFolderTests : IDisposable
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
    [InlineData("deit", "deit.", "DeiTModel")]
    [InlineData("dinov2", "dinov2.", "Dinov2Model")]
    [InlineData("dinov2-registers", "dinov2_with_registers.", "Dinov2WithRegistersModel")]
    [InlineData("dinov2-swiglu", "dinov2.", "Dinov2Model")]
    public void A_model_saved_without_its_head_gives_what_the_head_read_and_gets_a_new_one(string name, string prefix, string architecture)
    {
        Write(name, config => config["architectures"] = new JsonArray(architecture), tensors =>
        {
            var rest = tensors.Where(pair => !pair.Key.StartsWith("classifier", StringComparison.Ordinal)).ToDictionary(pair => pair.Key.Replace(prefix, "", StringComparison.Ordinal), pair => pair.Value);
            rest["pooler.dense.weight"] = zeros(32, 32);
            if (name != "deit") rest.Remove("pooler.dense.weight");
            return rest;
        });
        var (expected, head) = (VitFamilyCases.Expected(name), Fixture.Tensors("vit-family", name, "model.safetensors"));
        using var model = VisionTransformer.Load(folder.Path, new VitLoadOptions { ClassNames = ["x", "y"] });

        nn.functional.linear(model.Features(expected["pixel_values"]), head["classifier.weight"], head["classifier.bias"]).ShouldBeClose(expected["output"], 1e-5);
        using var adapter = VitFamilyCases.Adapter(name);
        using (Composition.AttachUniform(model, [adapter]))
            nn.functional.linear(model.Features(expected["pixel_values"]), head["classifier.weight"], head["classifier.bias"]).ShouldBeClose(expected["output_with_adapter"], 1e-5);
        using var with = new TemporaryFolder();
        model.Save(with.Path, new CheckpointSaveOptions { Base = folder.Path });
        JsonNode.Parse(File.ReadAllText(with.File("config.json")))!["architectures"]!.ToJsonString().Should().Be(VitFamilyCases.Architectures(name));
        using var file = SafetensorsFile.Open(with.File("model.safetensors"));
        file.Tensors.Keys.Where(key => !key.StartsWith("classifier.", StringComparison.Ordinal)).Should().OnlyContain(key => key.StartsWith(prefix));
    }

    [Fact]
    public void A_whole_CLIP_gives_the_embedding_of_the_image_and_leaves_its_texts_alone()
    {
        Write("clip-vision-projection", config =>
        {
            var vision = config.DeepClone();
            config.Clear();
            foreach (var (key, value) in new Dictionary<string, JsonNode> { ["model_type"] = "clip", ["architectures"] = new JsonArray("CLIPModel"), ["projection_dim"] = 24, ["vision_config"] = vision, ["text_config"] = new JsonObject() })
                config[key] = value;
        }, tensors => WithTexts(tensors, "text_projection.weight"));
        var expected = VitFamilyCases.Expected("clip-vision-projection");
        using var model = VisionTransformer.Load(folder.Path);

        model.Config.FeatureSize.Should().Be(24);
        model.Features(expected["pixel_values"]).ShouldBeClose(expected["output"], 1e-5);
        MergedKeepsTexts(model, "clip-vision-projection");
    }

    [Fact]
    public void A_CLIP_without_projection_gives_its_class_token()
    {
        Write("clip-vision-projection", config => config["architectures"] = new JsonArray("CLIPVisionModel"), tensors =>
            tensors.Where(pair => pair.Key != "visual_projection.weight").ToDictionary(pair => pair.Key.Replace("vision_model.", "", StringComparison.Ordinal), pair => pair.Value));
        var (expected, all) = (VitFamilyCases.Expected("clip-vision-projection"), Fixture.Tensors("vit-family", "clip-vision-projection", "model.safetensors"));
        using var model = VisionTransformer.Load(folder.Path);

        nn.functional.linear(model.Features(expected["pixel_values"]), all["visual_projection.weight"]).ShouldBeClose(expected["output"], 1e-5);
    }

    [Fact]
    public void A_whole_SigLIP_pools_by_attention_as_it_is_defined()
    {
        Write("siglip", config => config["architectures"] = new JsonArray("SiglipModel"), tensors =>
            WithTexts(tensors.Where(pair => !pair.Key.StartsWith("classifier", StringComparison.Ordinal)).ToDictionary(), "logit_bias"));
        var (pixels, t) = (VitFamilyCases.Expected("siglip")["pixel_values"], Fixture.Tensors("vit-family", "siglip", "model.safetensors"));
        using var model = VisionTransformer.Load(folder.Path);
        const string Head = "vision_model.head.";

        // The last states are those that the classifier of the reference is computed from.
        var tokens = Norm(model.HiddenStates(pixels)[^1], "vision_model.post_layernorm");
        nn.functional.linear(tokens.mean([1]), t["classifier.weight"], t["classifier.bias"]).ShouldBeClose(VitFamilyCases.Expected("siglip")["output"], 1e-5);
        var (w, b) = (t[Head + "attention.in_proj_weight"].chunk(3), t[Head + "attention.in_proj_bias"].chunk(3));
        var query = nn.functional.linear(t[Head + "probe"], w[0], b[0]).expand(2, -1, -1);
        var (keys, values) = (nn.functional.linear(tokens, w[1], b[1]), nn.functional.linear(tokens, w[2], b[2]));
        var heads = Enumerable.Range(0, 4).Select(h => (query[.., .., (8 * h)..(8 * h + 8)].matmul(keys[.., .., (8 * h)..(8 * h + 8)].transpose(1, 2)) / Math.Sqrt(8)).softmax(-1).matmul(values[.., .., (8 * h)..(8 * h + 8)]));
        var found = Layer(cat([.. heads], -1), Head + "attention.out_proj");
        var inner = Layer(Norm(found, Head + "layernorm"), Head + "mlp.fc1");
        var active = 0.5 * inner * (1 + (Math.Sqrt(2 / Math.PI) * (inner + 0.044715 * inner.pow(3))).tanh());

        model.Features(pixels).ShouldBeClose((found + Layer(active, Head + "mlp.fc2"))[.., 0], 1e-5);
        MergedKeepsTexts(model, "siglip");

        Tensor Norm(Tensor x, string name) => nn.functional.layer_norm(x, [32], t[name + ".weight"], t[name + ".bias"], 1e-6);
        Tensor Layer(Tensor x, string name) => nn.functional.linear(x, t[name + ".weight"], t[name + ".bias"]);
    }

    [Fact]
    public void An_adapter_of_the_pooling_that_the_classifier_of_SigLIP_keeps_attaches_and_changes_no_output()
    {
        var expected = VitFamilyCases.Expected("siglip");
        using var model = VitFamilyCases.Load("siglip");
        using var adapter = VitFamilyCases.Adapter("siglip");
        var pool = new[] { ("attention.out_proj", 32, 32), ("mlp.fc1", 32, 48), ("mlp.fc2", 48, 32) }
            .Select(layer => KeyValuePair.Create($"vision_model.head.{layer.Item1}", new LoraDelta(ones(2, layer.Item2), ones(layer.Item3, 2), 1)));
        using var more = new LoraAdapter("more", [.. adapter.Layers.Select(layer => KeyValuePair.Create(layer.Key, layer.Value.Clone())), .. pool]);
        using (var attached = Composition.AttachUniform(model, [more]))
        {
            model.call(expected["pixel_values"]).ShouldBeClose(expected["output_with_adapter"], 1e-5);
            attached.MergeIntoBase();
        }
        model.Save(folder.Path, new CheckpointSaveOptions { Base = VitFamilyCases.Folder("siglip") });
        var (before, after) = (Fixture.Tensors("vit-family", "siglip", "model.safetensors"), SafetensorsFile.Open(folder.File("model.safetensors")));
        using (after) after.Read("vision_model.head.mlp.fc1.weight").ShouldBeClose(before["vision_model.head.mlp.fc1.weight"] + 2, 1e-5, "as PEFT merges it");
    }

    [Fact]
    public void The_adapter_of_a_whole_model_that_is_the_texts_too_is_refused_by_the_layer()
    {
        using var model = VitFamilyCases.Load("clip");
        using var adapter = VitFamilyCases.Adapter("clip");
        var renamed = adapter.Layers.Select((layer, i) => KeyValuePair.Create(i > 0 ? layer.Key : layer.Key.Replace("vision_model", "text_model", StringComparison.Ordinal), layer.Value.Clone()));
        using var texts = adapter.With("texts", [.. renamed], adapter.Provenance);
        FluentActions.Invoking(() => Composition.AttachUniform(model, [texts])).Should().Throw<AdapterMismatchException>().WithMessage("*text_model.encoder.layers.0*");
    }

    [Theory]
    [InlineData("dinov2", "hidden_act", "\"relu\"", "*expected \"gelu\", \"quick_gelu\", \"gelu_pytorch_tanh\"*for hidden_act, found \"relu\"*")]
    [InlineData("dinov2", "mlp_ratio", "0", "*mlp_ratio*")]
    [InlineData("dinov2", "use_swiglu_ffn", "3", "*expected true or false for use_swiglu_ffn*")]
    [InlineData("dinov2", "use_swiglu_ffn", "true", "*mlp.weights_in.weight' is missing*")]
    [InlineData("dinov2-registers", "num_register_tokens", "4", "*register_tokens': expected [1, 4, 32], found [1, 3, 32]*")]
    [InlineData("deit", "num_attention_heads", "5", "*num_attention_heads 5 does not divide*")]
    [InlineData("clip", "vision_config", "3", "*expected an object for vision_config*")]
    [InlineData("clip-vision-projection", "projection_dim", "25", "*'visual_projection.weight': expected [25, 32], found [24, 32]*")]
    [InlineData("clip", "model_type", "\"clipseg\"", "*expected \"vit\", \"deit\", *for model_type, found \"clipseg\"*")]
    [InlineData("siglip", "model_type", "\"siglip2\"", "*for model_type, found \"siglip2\"*")]
    public void What_is_not_there_is_refused_by_name(string name, string setting, string value, string message)
    {
        Write(name, config => config[setting] = JsonNode.Parse(value), tensors => tensors);
        FluentActions.Invoking(() => VisionTransformer.Load(folder.Path)).Should().Throw<CheckpointException>().WithMessage(message);
    }

    [Theory]
    [MemberData(nameof(VitFamilyCases.All), MemberType = typeof(VitFamilyCases))]
    public void A_tensor_too_many_is_refused(string name)
    {
        Write(name, _ => { }, tensors => new(tensors) { ["odd.weight"] = zeros(2) });
        FluentActions.Invoking(() => VisionTransformer.Load(folder.Path)).Should().Throw<CheckpointException>().WithMessage("*1 tensors are not part of this model, the first is 'odd.weight'*");
    }

    void MergedKeepsTexts(VisionTransformer model, string name)
    {
        using var adapter = VitFamilyCases.Adapter(name);
        using (var attached = Composition.AttachUniform(model, [adapter])) attached.MergeIntoBase();
        using var merged = new TemporaryFolder();
        model.Save(merged.Path, new CheckpointSaveOptions { Base = folder.Path });
        using SafetensorsFile before = SafetensorsFile.Open(folder.File("model.safetensors")), after = SafetensorsFile.Open(merged.File("model.safetensors"));
        after.Tensors.Keys.Should().BeEquivalentTo(before.Tensors.Keys);
        var changed = before.Tensors.Keys.Where(key => !before.Read(key).bytes.SequenceEqual(after.Read(key).bytes)).ToArray();
        changed.Should().HaveCount(6).And.OnlyContain(key => key.StartsWith("vision_model.encoder.layers."));
    }

    static Dictionary<string, Tensor> WithTexts(Dictionary<string, Tensor> tensors, string other) => new(tensors)
    {
        ["text_model.encoder.layers.0.self_attn.q_proj.weight"] = ones(32, 32),
        ["text_model.final_layer_norm.weight"] = ones(32),
        ["vision_model.embeddings.position_ids"] = arange(5),
        ["logit_scale"] = ones(1),
        [other] = ones(1),
    };

    void Write(string name, Action<JsonObject> config, Func<Dictionary<string, Tensor>, Dictionary<string, Tensor>> change)
    {
        var settings = JsonNode.Parse(File.ReadAllText(Fixture.Path("vit-family", name, "config.json")))!.AsObject();
        config(settings);
        File.WriteAllText(folder.File("config.json"), settings.ToJsonString());
        SafetensorsWriter.Write(folder.File("model.safetensors"), change(Fixture.Tensors("vit-family", name, "model.safetensors")));
    }
}

using System.Text.Json.Nodes;
using LoraComposition.Files;
using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Models.Vit;

public sealed class TimmCheckpointTests : IDisposable
{
    readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Fact]
    public void Features_and_logits_equal_the_reference()
    {
        using var noGrad = no_grad();
        using var model = VisionTransformer.Load(Fixture.Path("vit-timm"));
        var io = Fixture.Tensors("vit-timm", "io.safetensors");

        model.Features(io["pixel_values"]).ShouldBeClose(io["features"][.., 0]);
        model.call(io["pixel_values"]).ShouldBeClose(io["logits"]);
        model.Config.LayerNormEpsilon.Should().Be(1e-6);
    }

    [Fact]
    public void Timms_settings_of_the_pictures_go_with_what_is_written()
    {
        using var model = VisionTransformer.Load(Fixture.Path("vit-timm"));
        string folder = Directory.CreateTempSubdirectory("timm-").FullName;
        try
        {
            model.Save(folder, new CheckpointSaveOptions { CompanionsFrom = Fixture.Path("vit-timm") });

            var written = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "preprocessor_config.json")))!;
            var asked = JsonNode.Parse(File.ReadAllText(Path.Combine(Fixture.Path("vit-timm"), "config.json")))!["pretrained_cfg"];
            written["image_mean"]!.ToJsonString().Should().Be(asked?["mean"]?.ToJsonString() ?? "[0.485,0.456,0.406]");
            written["crop_size"]!["height"]!.GetValue<int>().Should().Be(model.Config.ImageSize);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("a JPEG picture", 0xFF, 0xD8, 0xFF, 0xE0, 0, 16, 74, 70)]
    [InlineData("a PNG picture", 0x89, 80, 78, 71, 13, 10, 26, 10)]
    [InlineData("a PDF document", 37, 80, 68, 70, 45, 49, 46, 55)]
    [InlineData("a TIFF picture", 73, 73, 42, 0, 8, 0, 0, 0)]
    [InlineData(null, 0, 0, 1, 0, 0, 0, 0, 0)]
    public void A_file_is_known_by_its_first_bytes(string? kind, params int[] start) => FileKind.Of([.. start.Select(b => (byte)b)]).Should().Be(kind);

    [Fact]
    public void The_fused_tensor_is_split_into_query_key_and_value_that_train_apart()
    {
        using var model = VisionTransformer.Load(Fixture.Path("vit-timm"));
        var fused = Fixture.Tensors("vit-timm", "model.safetensors")["blocks.1.attn.qkv.weight"];
        var layers = model.Sites.Where(s => s.LayerIndex == 1 && s.Role <= LinearRole.Value).Select(s => (Linear)s.Layer).ToArray();
        using (no_grad()) layers[1].weight!.zero_();

        layers[0].weight!.ShouldBeIdentical(fused[..32]);
        layers[1].weight!.count_nonzero().item<long>().Should().Be(0);
        layers[2].weight!.ShouldBeIdentical(fused[64..]);
    }

    [Fact]
    public void Adapters_attach_and_what_was_merged_is_read_back_in_the_other_layout()
    {
        using var noGrad = no_grad();
        using var folder = new TemporaryFolder();
        using var model = VisionTransformer.Load(Fixture.Path("vit-timm"));
        var pixels = Fixture.Tensors("vit-timm", "io.safetensors")["pixel_values"];
        Tensor composed;
        using (var composition = Composition.AttachUniform(model, Fixture.Adapters()))
        {
            composed = model.call(pixels);
            composition.MergeIntoBase();
        }
        model.Save(folder.Path);

        using var reloaded = VisionTransformer.Load(folder.Path);

        composed.Distance(Fixture.Tensors("vit-timm", "io.safetensors")["logits"]).Should().BeGreaterThan(0.01);
        reloaded.call(pixels).ShouldBeClose(composed);
        reloaded.Config.LayerNormEpsilon.Should().Be(1e-6);
    }

    [Fact]
    public void Another_image_size_a_fresh_head_and_another_type_are_given_on_loading()
    {
        using var model = VisionTransformer.Load(Fixture.Path("vit-timm"), new VitLoadOptions { ImageSize = 48, ClassNames = ["x", "y"], Dtype = ScalarType.BFloat16 });
        model.Config.TokenCount.Should().Be(37);
        model.call(zeros(1, 3, 48, 48, dtype: ScalarType.BFloat16)).shape.Should().Equal(1, 2);
        ((Linear)model.Sites[0].Layer).weight!.dtype.Should().Be(ScalarType.BFloat16);
    }

    [Fact]
    public void Class_names_are_those_of_the_file()
    {
        using var folder = Copy(config => config["label_names"] = new JsonArray("a", "b", "c", "d", "e"));
        using var model = VisionTransformer.Load(folder.Path);
        model.Config.ClassNames.Should().Equal("a", "b", "c", "d", "e");
    }

    [Fact]
    public void Without_the_bias_of_query_key_and_value_the_layers_have_none()
    {
        using var folder = Copy(config => config["model_args"]!["qkv_bias"] = false, t => { t.Remove("blocks.0.attn.qkv.bias"); t.Remove("blocks.1.attn.qkv.bias"); });
        using var model = VisionTransformer.Load(folder.Path);
        ((Linear)model.Sites[0].Layer).bias.Should().BeNull();
    }

    [Fact]
    public void The_old_form_of_the_configuration_is_read()
    {
        using var folder = Copy(config =>
        {
            config["input_size"] = new JsonArray(3, 32, 32);
            config.Remove("pretrained_cfg");
        });
        using var model = VisionTransformer.Load(folder.Path);
        model.Config.ImageSize.Should().Be(32);
    }

    public static TheoryData<string, Action<JsonObject>, string> Configurations() => new()
    {
        { "no arguments", c => c.Remove("model_args"), "*config.json: the number of attention heads*not known for architecture 'vit_tiny_reference' of width 32*num_heads*" },
        { "no heads", c => c["model_args"]!.AsObject().Remove("num_heads"), "*the number of attention heads*" },
        { "heads", c => c["model_args"]!["num_heads"] = 5, "*num_attention_heads 5 does not divide hidden_size 32*" },
        { "heads of the wrong type", c => c["model_args"]!["num_heads"] = "4", "*expected a positive integer*num_heads*" },
        { "pooling", c => c["global_pool"] = "avg", "*expected \"token\"*for global_pool, found \"avg\"*" },
        { "pooling argument", c => c["model_args"]!["global_pool"] = "map", "*expected \"token\"*found \"map\"*" },
        { "class token", c => c["model_args"]!["class_token"] = false, "*model_args.class_token, found false*" },
        { "register tokens", c => c["model_args"]!["reg_tokens"] = 4, "*model_args.reg_tokens, found 4*" },
        { "activation", c => c["model_args"]!["act_layer"] = "relu", "*model_args.act_layer, found \"relu\"*" },
        { "layer scale", c => c["model_args"]!["init_values"] = 1e-5, "*model_args.init_values*" },
        { "patch", c => c["model_args"]!["patch_size"] = 16, "*expected 8 as in the tensors for model_args.patch_size, found 16*" },
        { "patch by name", c => { c["model_args"]!.AsObject().Remove("patch_size"); c["architecture"] = "vit_tiny_patch16_224"; }, "*expected patches of 16 pixels for architecture vit_tiny_patch16_224, found 8*" },
        { "depth", c => c["model_args"]!["depth"] = 3, "*expected 2 as in the tensors for model_args.depth, found 3*" },
        { "width", c => c["model_args"]!["embed_dim"] = 64, "*expected 32 as in the tensors for model_args.embed_dim*" },
        { "ratio", c => c["model_args"]!["mlp_ratio"] = 4.0, "*expected mlp_ratio 2*found 4*" },
        { "bias", c => c["model_args"]!["qkv_bias"] = false, "*qkv_bias is False*is there*" },
        { "image", c => c["model_args"]!["img_size"] = 64, "*the image's side is 64, expected 32*" },
        { "image by input", c => { c["model_args"]!.AsObject().Remove("img_size"); c["pretrained_cfg"]!["input_size"] = new JsonArray(3, 64, 64); }, "*the image's side is 64, expected 32*" },
        { "image not square", c => c["model_args"]!["img_size"] = new JsonArray(32, 64), "*two equal ones*" },
        { "classes", c => c["num_classes"] = 7, "*'head.weight': expected 7 classes*[5, 32]*" },
        { "names", c => c["label_names"] = new JsonArray("a"), "*'head.weight': expected 1 classes*found 5*" },
        { "names of numbers", c => c["label_names"] = new JsonArray(1), "*a list of names*" },
        { "architecture", c => c["architecture"] = 3, "*expected a text for architecture, found 3*" },
        { "arguments", c => c["model_args"] = new JsonArray(), "*expected an object for model_args*" },
    };

    [Theory]
    [MemberData(nameof(Configurations), DisableDiscoveryEnumeration = true)]
    public void A_configuration_that_contradicts_or_asks_for_more_is_refused(string what, Action<JsonObject> change, string message) => Refused(what, Copy(change), message);

    public static TheoryData<string, Action<Dictionary<string, Tensor>>, string> Files() => new()
    {
        { "norms of query and key", t => t["blocks.0.attn.q_norm.weight"] = zeros(8), "*'blocks.0.attn.q_norm.weight' belongs to norms of query and key*" },
        { "a layer in front of the head", t => t["pre_logits.fc.weight"] = zeros(32, 32), "*'pre_logits.fc.weight' belongs to a layer in front of the head*" },
        { "half a layer scale", t => t["blocks.0.ls1.gamma"] = zeros(32), "*'blocks.0.ls2.gamma' [32] is missing*" },
        { "layer scale of BEiT", t => t["blocks.0.gamma_1"] = zeros(32), "*'blocks.0.gamma_1' belongs to layer scale of BEiT*" },
        { "half a pooling norm", t => t["fc_norm.weight"] = zeros(32), "*'fc_norm.bias' [32] is missing*" },
        { "half a norm in front", t => t["norm_pre.weight"] = zeros(32), "*'norm_pre.bias' [32] is missing*" },
        { "no class token", t => t.Remove("cls_token"), "*'pos_embed' holds 17 positions, expected those of a square of patches.*" },
        { "unknown part", t => t["blocks.0.mlp.gate"] = zeros(1), "*1 tensors are not part*'blocks.0.mlp.gate'*" },
        { "no patches", t => t.Remove("patch_embed.proj.weight"), "*'patch_embed.proj.weight' is missing*" },
        { "patches not square", t => t["patch_embed.proj.weight"] = zeros(32, 3, 8, 4), "*8 × 4 pixels*" },
        { "patches empty", t => t["patch_embed.proj.weight"] = zeros(32, 0, 8, 8), "*'patch_embed.proj.weight': expected 4 dimensions from 1*[32, 0, 8, 8]*" },
        { "positions", t => t["pos_embed"] = zeros(1, 15, 32), "*'pos_embed' holds 15 positions*" },
        { "fused", t => t["blocks.0.attn.qkv.weight"] = zeros(64, 32), "*'blocks.0.attn.qkv.weight': expected [96, 32], found [64, 32]*" },
        { "a block missing", t => { foreach (var name in t.Keys.Where(n => n.StartsWith("blocks.0.", StringComparison.Ordinal)).ToArray()) t.Remove(name); }, "*'blocks.0.mlp.fc1.weight' is missing*" },
        { "part of a block missing", t => t.Remove("blocks.1.attn.qkv.weight"), "*'blocks.1.attn.qkv.weight' [96, 32] is missing*" },
    };

    [Theory]
    [MemberData(nameof(Files), DisableDiscoveryEnumeration = true)]
    public void Parts_that_are_not_computed_are_refused_by_name(string what, Action<Dictionary<string, Tensor>> change, string message) => Refused(what, Copy(change: change), message);

    static TemporaryFolder Copy(Action<JsonObject>? config = null, Action<Dictionary<string, Tensor>>? change = null)
    {
        var folder = new TemporaryFolder();
        var settings = JsonNode.Parse(File.ReadAllText(Fixture.Path("vit-timm", "config.json")))!.AsObject();
        config?.Invoke(settings);
        File.WriteAllText(folder.File("config.json"), settings.ToJsonString());
        var tensors = Fixture.Tensors("vit-timm", "model.safetensors");
        change?.Invoke(tensors);
        SafetensorsWriter.Write(folder.File("model.safetensors"), tensors);
        return folder;
    }

    static void Refused(string what, TemporaryFolder folder, string message)
    {
        using (folder) FluentActions.Invoking(() => VisionTransformer.Load(folder.Path)).Should().Throw<CheckpointException>(what).WithMessage(message);
    }
}

using System.Text.Json.Nodes;
using LoraComposition.Files;
using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Models.Vit;

/// <summary>The reference models under timm's names, in timm's shapes, compute the same.</summary>
public sealed class TimmFamilyTests : IDisposable
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

    public static TheoryData<string, string, string> Models { get; } = new()
    {
        { "deit-distilled", "deit_tiny_distilled_patch14_28", "{}" },
        { "dinov2-registers", "vit_small_patch14_reg4_dinov2", """{"init_values": 1e-5, "reg_tokens": 3, "no_embed_class": true}""" },
        { "dinov2-swiglu", "vit_giant_patch14_dinov2", """{"init_values": 1e-5, "mlp_ratio": 3, "act_layer": "silu"}""" },
        { "clip-vision-projection", "vit_base_patch14_clip_quickgelu_28", """{"pre_norm": true}""" },
        { "siglip", "vit_base_patch14_siglip_28", """{"class_token": false, "act_layer": "gelu_tanh", "global_pool": "map"}""" },
    };

    [Theory]
    [MemberData(nameof(Models))]
    public void Under_timms_names_the_features_are_the_same(string name, string architecture, string arguments)
    {
        using var reference = Reference(name);
        var pixels = VitFamilyCases.Expected(name)["pixel_values"];
        Write(name, architecture, arguments);
        using var model = VisionTransformer.Load(folder.Path);

        // The ε of the norms is 1e-12 in transformers' DeiT and 1e-6 in timm's.
        double tolerance = name == "deit-distilled" ? 1e-4 : 1e-5;
        model.Features(pixels).ShouldBeClose(Wanted(reference, pixels), tolerance);
        using var adapter = VitFamilyCases.Adapter(name);
        using var other = Composition.AttachUniform(reference, [adapter]);
        using (Composition.AttachUniform(model, [adapter])) model.Features(pixels).ShouldBeClose(Wanted(reference, pixels), tolerance, "an adapter of transformers' names fits");
        using var again = new TemporaryFolder();
        model.Save(again.Path);
        using var read = VisionTransformer.Load(again.Path);
        (read.Config == model.Config with { ClassNames = read.Config.ClassNames }).Should().BeTrue();
        foreach (var (key, parameter) in model.named_parameters()) read.get_parameter(key)!.ShouldBeIdentical(parameter, key);
        using var over = new TemporaryFolder();
        model.Save(over.Path, new CheckpointSaveOptions { Base = folder.Path });
        using SafetensorsFile before = SafetensorsFile.Open(folder.File("model.safetensors")), after = SafetensorsFile.Open(over.File("model.safetensors"));
        after.Tensors.Keys.Should().BeEquivalentTo(before.Tensors.Keys);
        foreach (string key in before.Tensors.Keys) after.Read(key).ShouldBeIdentical(before.Read(key), key);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void An_adapter_of_timms_fused_layer_is_taken_apart(string name, string architecture, string arguments)
    {
        Write(name, architecture, arguments);
        using var model = VisionTransformer.Load(folder.Path);
        using var generator = new Generator(1, CPU);
        var (a, b) = (randn(2, 32, generator: generator), randn(96, 2, generator: generator));
        using var adapter = new LoraAdapter("timm", [KeyValuePair.Create("blocks.1.attn.qkv", new LoraDelta(a, b, 1))]);

        using var attached = Composition.AttachUniform(model, [adapter]);
        attached.Layers.Select(layer => layer.Site.Role).Should().Equal(LinearRole.Query, LinearRole.Key, LinearRole.Value);
        attached.Layers.Select(layer => layer.Site.LayerIndex).Should().AllBeEquivalentTo(1);
    }

    [Theory]
    [InlineData("vit_base_patch14_clip_quickgelu_28", "{}", VitActivation.QuickGelu)]
    [InlineData("vit_base_patch14_clip_28", "{}", VitActivation.Gelu)]
    [InlineData("vit_base_patch14_clip_28", """{"act_layer": "quick_gelu"}""", VitActivation.QuickGelu)]
    [InlineData("vit_base_patch14_clip_quickgelu_28", """{"act_layer": "gelu"}""", VitActivation.Gelu)]
    [InlineData("vit_so400m_patch14_siglip_224", "{}", VitActivation.Gelu)]
    [InlineData("vit_so400m_patch14_siglip_224", """{"act_layer": "gelu_tanh"}""", VitActivation.TanhGelu)]
    internal void The_activation_is_that_of_the_arguments_or_else_of_the_architecture(string architecture, string arguments, VitActivation expected)
    {
        Write("clip-vision-projection", architecture, arguments);
        VisionTransformer.Check(folder.Path).Parts.Activation.Should().Be(expected);
    }

    [Theory]
    [InlineData("pre_norm", "false", "*expected true, since tensor 'norm_pre.weight' is there, for model_args.pre_norm, found false*")]
    [InlineData("class_token", "false", "*expected true, since tensor 'cls_token' is there, for model_args.class_token*")]
    [InlineData("reg_tokens", "2", "*expected 0 as in the tensors for model_args.reg_tokens, found 2*")]
    [InlineData("init_values", "0.1", "*model_args.init_values*")]
    [InlineData("no_embed_class", "true", "*expected false*model_args.no_embed_class*")]
    [InlineData("global_pool", "\"map\"", "*expected \"token\"*global_pool, found \"map\"*")]
    [InlineData("act_layer", "\"silu\"", "*expected \"gelu\"*model_args.act_layer, found \"silu\"*")]
    public void Arguments_that_contradict_the_tensors_are_refused(string argument, string value, string message)
    {
        Write("clip-vision-projection", "vit_base_patch14_clip_quickgelu_28", $$"""{"{{argument}}": {{value}}}""");
        FluentActions.Invoking(() => VisionTransformer.Load(folder.Path)).Should().Throw<CheckpointException>().WithMessage(message);
    }

    // What timm's models of these names give: the class token of DINOv2, CLIP without its projection, SigLIP's pooling, both tokens of a distilled one.
    static VisionTransformer Reference(string name)
    {
        string? architecture = name switch { "siglip" => "SiglipModel", "clip-vision-projection" => "CLIPVisionModel", _ => null };
        if (architecture is null) return VitFamilyCases.Load(name);
        using var copy = new TemporaryFolder();
        var settings = JsonNode.Parse(File.ReadAllText(Fixture.Path("vit-family", name, "config.json")))!;
        settings["architectures"] = new JsonArray(architecture);
        File.WriteAllText(copy.File("config.json"), settings.ToJsonString());
        var tensors = Fixture.Tensors("vit-family", name, "model.safetensors");
        foreach (string head in (string[])["visual_projection.weight", "classifier.weight", "classifier.bias"]) tensors.Remove(head);
        SafetensorsWriter.Write(copy.File("model.safetensors"), tensors);
        return VisionTransformer.Load(copy.Path);
    }

    static Tensor Wanted(VisionTransformer reference, Tensor pixels) =>
        reference.Config.Parts.Pooling == VitPooling.ClassTokenAndPatches ? reference.Features(pixels)[.., ..32] : reference.Features(pixels);

    void Write(string name, string architecture, string arguments)
    {
        var config = VisionTransformer.Check(VitFamilyCases.Folder(name));
        using var source = Reference(name);
        bool registers = config.Parts.RegisterCount > 0;
        var tensors = new Dictionary<string, Tensor>();
        foreach (var group in source.Slots(new TimmVitLayout()).GroupBy(slot => slot.Name))
            tensors[group.Key] = cat([.. group.Select(slot => slot.Get().detach())], 0);
        foreach (string head in (string[])["head.weight", "head.bias"])
            if (name != "deit-distilled") tensors.Remove(head);
        // CLIP and SigLIP lack a dimension in front in transformers; timm has it.
        if (config.Parts.FlatEmbeddings) tensors["pos_embed"] = tensors["pos_embed"].unsqueeze(0);
        if (config.Parts.FlatEmbeddings && config.Parts.ClassToken) tensors["cls_token"] = tensors["cls_token"].view(1, 1, -1);
        if (registers)
        {
            // Of models with registers timm adds the class token's position to it.
            tensors["cls_token"] = tensors["cls_token"] + tensors["pos_embed"][.., ..1];
            tensors["pos_embed"] = tensors["pos_embed"][.., 1..].contiguous();
        }
        SafetensorsWriter.Write(folder.File("model.safetensors"), tensors);
        var all = JsonNode.Parse(arguments)!.AsObject();
        all["num_heads"] = 4;
        File.WriteAllText(folder.File("config.json"), new JsonObject { ["architecture"] = architecture, ["model_args"] = all }.ToJsonString());
    }
}

using LoraComposition.FewShot.Tests.Support;
using LoraComposition.Files;
using LoraComposition.Models;
using LoraComposition.Tool.Tests.Support;
using static TorchSharp.torch;

namespace LoraComposition.Tool.Tests;

/// <summary>Where numbers overflow or are none, one line names the weight, the adapter or the base that is at fault.</summary>
public sealed class NonFiniteTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("1e39,1", "adapter", "The weight of adapter 'vit-a' is 1E+39, which is beyond float32*")]
    [InlineData("1,-1e39", "checkpoint", "The weight of adapter 'vit-b' is -1E+39, which is beyond float32*")]
    [InlineData("1e38,1", "adapter", "With the weight 1E+38 of adapter 'vit-a' the outputs are NaN or infinite*")]
    [InlineData("1,1e38", "checkpoint", "With the weight 1E+38 of adapter 'vit-b' the outputs are NaN or infinite*")]
    public async Task A_weight_is_named(string weights, string form, string line) =>
        await Refused(line, "compose", "--base", Reference.Base, "--adapter", Reference.Adapter("vit-a"), Reference.Adapter("vit-b"), "--weights", weights, "--as", form, "--out", folder.At("out"));

    [Theory]
    [InlineData("--as", "adapter", "--rank", "2")]
    [InlineData("--as", "checkpoint")]
    public async Task A_weight_of_a_file_is_named(params string[] form)
    {
        string file = folder.At("weights.json");
        using (var model = VisionTransformer.Load(Reference.Base))
        using (var adapter = LoraAdapter.Load(Reference.Adapter("vit-a")))
        {
            using var composition = Composition.AttachUniform(model, [adapter]);
            new CompositionWeights(["vit-a"], composition.Layers.Select(layer => KeyValuePair.Create(layer.Site.Path, (IReadOnlyList<double>)[1e39]))).Save(file);
        }

        await Refused("*weights.json: Layer 'vit.layers.0.*': the weight of adapter 'vit-a' is 1E+39*",
            ["compose", "--base", Reference.Base, "--adapter", Reference.Adapter("vit-a"), "--weights", file, .. form, "--out", folder.At("out")]);
    }

    [Theory]
    [InlineData("adapter")]
    [InlineData("checkpoint")]
    public async Task An_adapter_that_diverged_is_named(string form) => await Refused("Adapter 'diverged': with it the base model's outputs are NaN or infinite*",
        "compose", "--base", Reference.Base, "--adapter", Reference.Adapter("vit-b"), Grown("diverged", 1e13), "--as", form, "--out", folder.At("out"));

    [Fact]
    public async Task An_adapter_that_no_half_precision_holds_is_named()
    {
        await Refused("Adapter 'big' is far out of proportion to the base: *too large for Float16*",
            "compose", "--base", Reference.Base, "--adapter", Grown("big", 1e4), "--as", "checkpoint", "--dtype", "float16", "--out", folder.At("out"));
        await Refused("Adapter 'big' is far out of proportion to the base: *too large for Float16*",
            "compose", "--base", Reference.Base, "--adapter", Grown("big", 1e6), "--as", "adapter", "--dtype", "float16", "--out", folder.At("out"));
    }

    [Fact]
    public async Task Check_warns_of_an_update_out_of_all_proportion()
    {
        var (code, output, _) = await CommandLine.RunAsync("check", "--base", Reference.Base, "--adapter", Grown("big", 1e4), Reference.Adapter("vit-a"));

        code.Should().Be(0);
        output.Split('\n').Where(line => line.Contains("times the layer's own weight")).Should().ContainSingle().Which.Should().Contain("Adapter 'big' changes layer 'vit.layers.");
    }

    [Fact]
    public async Task A_base_that_holds_no_numbers_is_named()
    {
        string place = Directory.CreateDirectory(folder.At("base")).FullName;
        foreach (string file in Directory.GetFiles(Reference.Base)) File.Copy(file, Path.Combine(place, Path.GetFileName(file)));
        Spoil(Path.Combine(place, "model.safetensors"), "vit.layernorm.weight");

        const string Line = "*base*model.safetensors: tensor 'vit.layernorm.weight' holds NaN or infinite numbers*";
        await Refused(Line, "compose", "--base", place, "--adapter", Reference.Adapter("vit-a"), "--as", "adapter", "--out", folder.At("out"));
        await Refused(Line, "check", "--base", place, "--adapter", Reference.Adapter("vit-a"));
        TinyImageFolder.Write(folder.At("pictures"), [("a", 6), ("b", 6)]);
        await Refused(Line, "adapt", "--base", place, "--data", folder.At("pictures"), "--shots", "2", "--method", "classifier", "--steps", "3", "--out", folder.At("out"));
    }

    [Fact]
    public async Task A_t5_that_holds_no_numbers_is_named()
    {
        string place = Directory.CreateDirectory(folder.At("t5")).FullName;
        foreach (string file in Directory.GetFiles(Reference.T5Base)) File.Copy(file, Path.Combine(place, Path.GetFileName(file)));
        Spoil(Path.Combine(place, "model.safetensors"), "encoder.final_layer_norm.weight");

        await Refused("*t5*model.safetensors: tensor 'encoder.final_layer_norm.weight' holds NaN*", "compose", "--base", place, "--adapter", Reference.Adapter("t5-a"), "--as", "adapter", "--out", folder.At("out"));
    }

    [Fact]
    public async Task Adapting_names_the_adapter_that_diverged()
    {
        TinyImageFolder.Write(folder.At("pictures"), [("a", 6), ("b", 6)]);
        await Refused("Adapter 'diverged' changes the base out of all proportion*",
            "adapt", "--base", Reference.Base, "--adapter", Grown("diverged", 1e13), Reference.Adapter("vit-a"), "--data", folder.At("pictures"), "--shots", "2", "--method", "uniform", "--steps", "3", "--out", folder.At("out"));
    }

    [Fact]
    public async Task A_base_for_grey_images_is_refused()
    {
        using (var grey = VisionTransformer.Create(new VitConfig { HiddenSize = 16, LayerCount = 1, HeadCount = 2, IntermediateSize = 32, ImageSize = 16, PatchSize = 8, ChannelCount = 1 }, 1)) grey.Save(folder.At("grey"));
        TinyImageFolder.Write(folder.At("pictures"), [("a", 6), ("b", 6)]);

        await Refused("*grey: expected a model of images with 3 channels*found 1*", "adapt", "--base", folder.At("grey"), "--data", folder.At("pictures"), "--shots", "2", "--method", "classifier", "--out", folder.At("out"));
    }

    async Task Refused(string line, params string[] arguments)
    {
        var (code, output, errors) = await CommandLine.RunAsync(arguments);

        code.Should().Be(1, string.Join('\n', errors));
        errors.Where(error => !error.StartsWith("warning: ", StringComparison.Ordinal) && !IsProgress(error)).Should().ContainSingle().Which.Should().Match(line);
        output.Should().BeEmpty();
        Directory.Exists(folder.At("out")).Should().BeFalse();
    }

    // Lines of progress end in what is done of what.
    static bool IsProgress(string line) => line.Contains('%') || line.Contains(" done");

    string Grown(string name, double factor)
    {
        string place = folder.At(name);
        using var adapter = LoraAdapter.Load(Reference.Adapter("vit-a"), name);
        using var grown = new LoraAdapter(name, [.. adapter.Layers.Select(layer => KeyValuePair.Create(layer.Key, new LoraDelta(layer.Value.A.mul(factor), layer.Value.B.mul(factor), layer.Value.Scaling)))], adapter.BaseModel);
        grown.Save(place);
        return place;
    }

    static void Spoil(string path, string tensor)
    {
        using var scope = NewDisposeScope();
        Dictionary<string, Tensor> tensors;
        using (var file = SafetensorsFile.Open(path)) tensors = file.Tensors.Keys.ToDictionary(name => name, name => file.Read(name).clone());
        tensors[tensor][0] = double.NaN;
        SafetensorsWriter.Write(path, tensors);
    }
}

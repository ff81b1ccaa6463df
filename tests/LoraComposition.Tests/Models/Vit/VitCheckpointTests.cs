using LoraComposition.Files;
using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Models.Vit;

public class VitCheckpointTests
{
    static TemporaryFolder Copy(Func<string, string>? config = null, Action<Dictionary<string, Tensor>>? change = null)
    {
        var folder = new TemporaryFolder();
        string text = File.ReadAllText(Fixture.Path("vit-hf", "config.json"));
        File.WriteAllText(folder.File("config.json"), config is null ? text : config(text));
        var tensors = Fixture.Tensors("vit-hf", "model.safetensors");
        change?.Invoke(tensors);
        SafetensorsWriter.Write(folder.File("model.safetensors"), tensors);
        return folder;
    }

    static void Refused(TemporaryFolder folder, string message)
    {
        using (folder)
        {
            var act = () => VisionTransformer.Load(folder.Path);
            act.Should().Throw<CheckpointException>().WithMessage(message);
        }
    }

    [Fact]
    public void A_missing_tensor_is_named() =>
        Refused(Copy(change: t => t.Remove("vit.layernorm.bias")), "*model.safetensors: tensor 'vit.layernorm.bias' [32] is missing*");

    [Fact]
    public void A_misshaped_tensor_is_named_with_both_shapes() =>
        Refused(Copy(change: t => t["vit.layernorm.bias"] = zeros(1)), "*'vit.layernorm.bias': expected [32], found [1]*");

    [Fact]
    public void A_left_over_tensor_is_named() =>
        Refused(Copy(change: t => t["vit.encoder.layer.2.output.dense.bias"] = zeros(1)), "*1 tensors are not part of this model*'vit.encoder.layer.2.output.dense.bias'*");

    [Fact]
    public void Integers_where_weights_belong_are_refused() =>
        Refused(Copy(change: t => t["vit.layernorm.bias"] = zeros(32, dtype: ScalarType.Int32)), "*'vit.layernorm.bias': expected floating-point*Int32*");

    [Theory]
    [InlineData("\"hidden_size\": 32", "\"hidden_size\": -1", "*config.json: expected a positive integer below 1048576 for hidden_size, found -1*")]
    [InlineData("\"hidden_size\": 32", "\"hidden_size\": \"32\"", "*expected a positive integer below 1048576 for hidden_size*")]
    [InlineData("\"hidden_size\": 32", "\"hidden_size\": 30", "*num_attention_heads 4 does not divide hidden_size 30*")]
    [InlineData("\"patch_size\": 8", "\"patch_size\": 7", "*patch_size 7 does not divide image_size 32*")]
    [InlineData("\"hidden_act\": \"gelu\"", "\"hidden_act\": \"relu\"", "*expected \"gelu\"*hidden_act, found \"relu\"*")]
    [InlineData("\"model_type\": \"vit\"", "\"model_type\": \"t5\"", "*expected \"vit\", \"deit\", \"dinov2\", \"dinov2_with_registers\", \"clip\", \"clip_vision_model\", \"siglip\" or \"siglip_vision_model\" (a vision transformer, which images need) for model_type, found \"t5\"*")]
    [InlineData("\"3\": \"LABEL_3\"", "\"7\": \"LABEL_3\"", "*id2label must map 0 … 4*")]
    [InlineData("{", "{,", "*config.json: the file is not valid JSON*")]
    [InlineData("\"hidden_size\": 32", "\"hidden_size\": 32, \"hidden_size\": 33", "*not valid JSON*")]
    public void A_bad_config_is_refused(string from, string to, string message) =>
        Refused(Copy(config: text => string.Concat(text.AsSpan(0, text.IndexOf(from, StringComparison.Ordinal)), to, text.AsSpan(text.IndexOf(from, StringComparison.Ordinal) + from.Length))), message);

    [Fact]
    public void A_config_of_fewer_classes_than_the_head_is_refused() =>
        Refused(Copy(config: text => text.Replace("    \"4\": \"LABEL_4\"\n", "", StringComparison.Ordinal).Replace("\"3\": \"LABEL_3\",", "\"3\": \"LABEL_3\"", StringComparison.Ordinal)), "*'classifier.weight': expected 4 classes*found 5*");

    [Fact]
    public void Missing_files_are_named()
    {
        var folder = () => VisionTransformer.Load("/no/such/folder");
        folder.Should().Throw<CheckpointException>().WithMessage("*/no/such/folder: the folder is missing*");

        var copy = Copy();
        File.Delete(copy.File("model.safetensors"));
        File.WriteAllText(copy.File("pytorch_model.bin"), "");
        Refused(copy, "*model.safetensors: the file is missing, and pytorch_model.bin is a pickle*");
        copy = Copy();
        File.Delete(copy.File("config.json"));
        Refused(copy, "*config.json: the file is missing*");
    }

    [Fact]
    public void A_model_with_an_adapter_attached_is_not_saved()
    {
        using var folder = new TemporaryFolder();
        using var model = Fixture.Vit();
        using var tuning = LoraTuning.Attach(model);
        var act = () => model.Save(folder.Path);
        act.Should().Throw<InvalidOperationException>().WithMessage("*detach or merge*");
        Directory.GetFiles(folder.Path).Should().BeEmpty();
    }

    [Fact]
    public void Sixteen_bit_weights_are_read_as_float32()
    {
        using var scope = NewDisposeScope();
        using var folder = Copy(change: t => { foreach (var name in t.Keys.ToArray()) t[name] = t[name].to(ScalarType.BFloat16); });
        using var model = VisionTransformer.Load(folder.Path);
        model.parameters().Should().OnlyContain(p => p.dtype == ScalarType.Float32);
        model.Classifier!.weight!.ShouldBeClose(Fixture.Tensors("vit-hf", "model.safetensors")["classifier.weight"], 0.01);
    }

    [Fact]
    public void Each_tensor_of_a_mixed_file_is_read_in_the_type_asked_for()
    {
        using var scope = NewDisposeScope();
        ScalarType[] types = [ScalarType.Float32, ScalarType.Float16, ScalarType.BFloat16, ScalarType.Float64];
        using var folder = Copy(change: t => { foreach (var (i, name) in t.Keys.Order(StringComparer.Ordinal).Index().ToArray()) t[name] = t[name].to(types[i % 4]); });
        using var model = VisionTransformer.Load(folder.Path);
        using var exact = Fixture.Vit();
        foreach (var (name, parameter) in exact.named_parameters())
        {
            var read = model.get_parameter(name)!;
            read.dtype.Should().Be(ScalarType.Float32, name);
            read.ShouldBeClose(parameter, 0.01, name);
        }
    }
}

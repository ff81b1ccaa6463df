using LoraComposition.Files;
using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Models;

/// <summary>A checkpoint is checked from its headers as loading checks it.</summary>
public sealed class CheckpointCheckTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("vit-hf")]
    [InlineData("vit-hf-backbone")]
    [InlineData("vit-timm")]
    public void A_vit_gives_the_configuration_that_it_loads_with(string name)
    {
        using var model = VisionTransformer.Load(Fixture.Path(name));
        VisionTransformer.Check(Fixture.Path(name)).Should().BeEquivalentTo(model.Config);
        var options = new VitLoadOptions { ClassNames = ["a", "b"], ImageSize = 48 };
        using var other = VisionTransformer.Load(Fixture.Path(name), options);
        VisionTransformer.Check(Fixture.Path(name), options).Should().BeEquivalentTo(other.Config);
    }

    [Theory]
    [InlineData("t5-flan")]
    [InlineData("t5-v1.0")]
    [InlineData("umt5")]
    public void And_so_does_a_t5(string name)
    {
        using var model = Fixture.T5(name);
        T5Model.Check(Fixture.Path(name)).Should().Be(model.Config);
    }

    [Fact]
    public void What_loading_refuses_it_refuses()
    {
        Spoil("vit-hf", tensors => tensors["vit.layernorm.bias"] = zeros(1));
        Same(() => VisionTransformer.Check(folder.Path), () => VisionTransformer.Load(folder.Path), "*'vit.layernorm.bias': expected [32], found [1]*");
        Spoil("vit-hf", tensors => tensors["vit.layernorm.bias"] = zeros(32, dtype: ScalarType.Int32));
        Same(() => VisionTransformer.Check(folder.Path), () => VisionTransformer.Load(folder.Path), "*expected floating-point*");
        Spoil("vit-hf", tensors => tensors["more"] = zeros(1));
        Same(() => VisionTransformer.Check(folder.Path), () => VisionTransformer.Load(folder.Path), "*'more'*");
        Same(() => VisionTransformer.Check(folder.Path, new VitLoadOptions { ImageSize = 33 }), () => VisionTransformer.Load(folder.Path, new VitLoadOptions { ImageSize = 33 }), "*33*multiple*");
        Spoil("t5-flan", tensors => tensors.Remove("encoder.final_layer_norm.weight"));
        Same(() => T5Model.Check(folder.Path), () => T5Model.Load(folder.Path), "*'encoder.final_layer_norm.weight'*is missing*");
        Same(() => T5Model.Check("/no/such/folder"), () => T5Model.Load("/no/such/folder"), "*the folder is missing*");
    }

    [Fact]
    public void No_weight_is_read_and_nothing_is_left_over()
    {
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        VisionTransformer.Check(Fixture.Path("vit-hf"));
        T5Model.Check(Fixture.Path("t5-flan"));
        DisposeScopeManager.Statistics.ThreadTotalLiveCount.Should().Be(before);

        // 24 GB of weights, which are a hole in the file.
        File.Copy(Fixture.Path("vit-hf", "config.json"), folder.File("config.json"));
        var config = new VitConfig { HiddenSize = 16384, HeadCount = 4, IntermediateSize = 65536, LayerCount = 2, ImageSize = 32, PatchSize = 8 };
        string text = File.ReadAllText(folder.File("config.json")).Replace("\"hidden_size\": 32", $"\"hidden_size\": {config.HiddenSize}", StringComparison.Ordinal);
        File.WriteAllText(folder.File("config.json"), System.Text.RegularExpressions.Regex.Replace(text, "\"intermediate_size\": \\d+", $"\"intermediate_size\": {config.IntermediateSize}"));
        using (var shape = new VisionTransformer(config, META))
            HollowCheckpoint.Write(folder.File("model.safetensors"), shape.Slots(TransformersVitLayout.Default).Select(slot => (slot.Name, slot.Shape.ToArray())));
        VisionTransformer.Check(folder.Path).HiddenSize.Should().Be(16384);
    }

    static void Same(Action check, Action load, string message)
    {
        string found = check.Should().Throw<CheckpointException>().WithMessage(message).Which.Message;
        load.Should().Throw<CheckpointException>().Which.Message.Should().Be(found);
    }

    void Spoil(string name, Action<Dictionary<string, Tensor>> change)
    {
        using var scope = NewDisposeScope();
        File.Copy(Fixture.Path(name, "config.json"), folder.File("config.json"), overwrite: true);
        var tensors = Fixture.Tensors(name, "model.safetensors");
        change(tensors);
        SafetensorsWriter.Write(folder.File("model.safetensors"), tensors);
    }
}

using LoraComposition.Files;
using LoraComposition.Models;
using LoraComposition.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Models;

public sealed class BaseModelTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("vit-hf", typeof(VisionTransformer))]
    [InlineData("vit-hf-backbone", typeof(VisionTransformer))]
    [InlineData("vit-timm", typeof(VisionTransformer))]
    [InlineData("t5-flan", typeof(T5Model))]
    [InlineData("t5-v1.0", typeof(T5Model))]
    [InlineData("mt5", typeof(T5Model))]
    [InlineData("umt5", typeof(T5Model))]
    public void The_folder_tells_the_family(string name, Type family)
    {
        using var model = BaseModel.Load(Fixture.Path(name));
        model.Should().BeOfType(family);
        model.BaseModelName.Should().Be(name);
        model.named_parameters().Should().OnlyContain(pair => pair.parameter.dtype == ScalarType.Float32);
    }

    [Theory]
    [InlineData("vit-hf", false)]
    [InlineData("t5-flan", true)]
    public void The_options_reach_either_family(string name, bool keepsFeedForward)
    {
        using (var narrow = BaseModel.Load(Fixture.Path(name), new BaseModelLoadOptions { Dtype = ScalarType.BFloat16 }))
        {
            narrow.named_parameters().Should().Contain(pair => pair.parameter.dtype == ScalarType.BFloat16);
            narrow.named_parameters().Any(pair => pair.parameter.dtype == ScalarType.Float32).Should().Be(keepsFeedForward);
        }

        using var elsewhere = new TemporaryFolder();
        using (var model = BaseModel.Load(Fixture.Path(name))) model.Save(folder.Path, new CheckpointSaveOptions { MaxShardBytes = 50_000 });
        string shard = Directory.GetFiles(folder.Path, "model-00002-*").Single(), moved = elsewhere.File("shard.safetensors");
        File.Move(shard, moved);
        File.CreateSymbolicLink(shard, moved);
        Refused("*the shard is a link that leaves the folder*");
        using var allowed = BaseModel.Load(folder.Path, new BaseModelLoadOptions { AllowOutsideLinks = true });
        allowed.Sites.Should().NotBeEmpty();
    }

    [Theory]
    [InlineData("""{"model_type": "bert"}""", "*config.json: expected \"vit\", \"deit\", \"dinov2\", \"dinov2_with_registers\", \"clip\", \"clip_vision_model\", \"siglip\", \"siglip_vision_model\"*\"t5\", \"mt5\" or \"umt5\", the models this library computes, for model_type, found \"bert\".")]
    [InlineData("""{"model_type": "longt5", "architecture": "vit_base_patch32_224"}""", "*found \"longt5\".")]
    [InlineData("""{"model_type": 5}""", "*expected a text for model_type, found 5.")]
    [InlineData("""{"d_model": 32}""", "*model_type is missing; expected \"vit\", \"deit\", \"dinov2\", \"dinov2_with_registers\", \"clip\", \"clip_vision_model\", \"siglip\", \"siglip_vision_model\"*\"t5\"*")]
    [InlineData("""{"model_type": null}""", "*model_type is missing*")]
    [InlineData("[]", "*expected a JSON object*")]
    [InlineData(null, "*config.json: the file is missing*")]
    public void Another_family_is_refused_by_name(string? config, string message)
    {
        File.Copy(Fixture.Path("t5-flan", "model.safetensors"), folder.File("model.safetensors"));
        if (config is not null) File.WriteAllText(folder.File("config.json"), config);
        Refused(message);
    }

    [Theory]
    [InlineData("t5-flan")]
    [InlineData("vit-hf")]
    public void A_folder_without_weights_is_refused(string name)
    {
        File.Copy(Fixture.Path(name, "config.json"), folder.File("config.json"));
        Refused("*model.safetensors: the file is missing*");
    }

    [Fact]
    public void A_missing_folder_is_refused() =>
        FluentActions.Invoking(() => BaseModel.Load(folder.File("none"))).Should().Throw<CheckpointException>().WithMessage("*none: the folder is missing*");

    void Refused(string message) => FluentActions.Invoking(() => BaseModel.Load(folder.Path)).Should().Throw<ModelFileException>().WithMessage(message).Which.Message.Should().StartWith(folder.Path);
}

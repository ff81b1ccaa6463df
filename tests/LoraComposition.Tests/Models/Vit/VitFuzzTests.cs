using LoraComposition.Models.Vit;
using LoraComposition.Tests.Serialization;
using LoraComposition.Tests.Support;
using LoraComposition.Tests.Support.Fuzzing;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Models.Vit;

/// <summary>Spoilt model folders: each is refused, or gives a model that computes.</summary>
public sealed class VitFuzzTests : IDisposable
{
    static readonly JsonMutator settings = new(
        "\"vit\"", "\"deit\"", "\"gelu\"", "\"gelu_new\"", "32", "64", "8", "2", "3", "4", "5", "1000", "100000", "1048575", "1048576", "1e-12", "1e-320",
        "{\"0\":\"a\"}", "{\"0\":\"a\",\"0\":\"b\"}", "{\"-1\":\"a\"}", "{\"00\":\"a\"}", "{\"0\":1}", "{\"1\":\"a\"}", "[\"a\"]");

    readonly MemoryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("vit-hf")]
    [InlineData("vit-hf-backbone")]
    public void Every_spoilt_folder_is_refused_or_loads(string fixture)
    {
        byte[] Valid(string name) => File.ReadAllBytes(Fixture.Path(fixture, name));
        var weights = Valid("model.safetensors");
        var mutator = new FolderMutator(folder)
            .AddJson("config.json", Valid("config.json"), settings)
            .Add("model.safetensors", weights, new SafetensorsMutator(weights).Mutate);
        var kinds = Fuzz.Run(seed: 1, count: 1000, mutator.Mutate, _ => Load());
        kinds.Where(kind => kind.Key.StartsWith("config.json", StringComparison.Ordinal)).Sum(kind => kind.Value.Loaded).Should().BeGreaterThan(100, "settings that do not matter may be anything");
        kinds.Should().AllSatisfy(kind => kind.Value.Refused.Should().BePositive(kind.Key));
    }

    void Load()
    {
        using var model = VisionTransformer.Load(folder.Path);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var features = model.Features(zeros(1, model.Config.ChannelCount, model.Config.ImageSize, model.Config.ImageSize));
        if (!features.shape.SequenceEqual([1, model.Config.HiddenSize])) throw new InvalidDataException($"The features are [{string.Join(", ", features.shape)}].");
    }
}

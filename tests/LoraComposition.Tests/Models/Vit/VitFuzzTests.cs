using System.Text;
using System.Text.Json.Nodes;
using LoraComposition.Models;
using LoraComposition.Models.Vit;
using LoraComposition.Tests.Serialization;
using LoraComposition.Tests.Support;
using LoraComposition.Tests.Support.Fuzzing;

namespace LoraComposition.Tests.Models.Vit;

/// <summary>Spoilt model folders: each is refused, or gives a model whose every number can be read.</summary>
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
        kinds.Where(kind => kind.Key.StartsWith("config.json", StringComparison.Ordinal)).Sum(kind => kind.Value.Loaded).Should().BeGreaterThan(50, "settings that do not matter may be anything");
        kinds.Should().AllSatisfy(kind => kind.Value.Refused.Should().BePositive(kind.Key));
    }

    [Theory]
    [InlineData("""{"num_hidden_layers":1048575}""", "*num_hidden_layers in config.json is 1048575, but the file holds only*")]
    [InlineData("""{"patch_size":1,"image_size":1048575}""", "*1048575 patches along a side*")]
    [InlineData("""{"patch_size":1048575,"image_size":1048575,"hidden_size":1048572}""", "*projection of more than*")]
    public void A_configuration_that_asks_for_too_much_is_refused_before_anything_is_built(string changes, string message)
    {
        var config = JsonNode.Parse(File.ReadAllText(Fixture.Path("vit-hf", "config.json")))!.AsObject();
        foreach (var (setting, value) in JsonNode.Parse(changes)!.AsObject()) config[setting] = value!.DeepClone();
        folder.Write("config.json", Encoding.UTF8.GetBytes(config.ToJsonString()));
        folder.Write("model.safetensors", File.ReadAllBytes(Fixture.Path("vit-hf", "model.safetensors")));
        Loading().Should().Throw<CheckpointException>().WithMessage(message);
    }

    [Theory]
    [InlineData("{\"hidden_act\":\"\\ud800\"}", "*not valid JSON*surrogate*")]
    [InlineData("{\"hidden_act\":\"\u00e9\"}", "*not valid UTF-8 at byte 15*")]
    [InlineData("{\"hidden_act\":\"\\u001b[2J\"}", "*found \"\\u001b[2J\"*")]
    public void A_configuration_whose_text_is_none_is_refused(string config, string message)
    {
        folder.Write("config.json", Encoding.Latin1.GetBytes(config));
        Loading().Should().Throw<CheckpointException>().WithMessage(message);
    }

    [Fact]
    public void A_device_in_the_place_of_the_configuration_is_not_read()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "There is no such device elsewhere.");
        File.CreateSymbolicLink(Path.Combine(folder.Path, "config.json"), "/dev/zero");
        Loading().Should().Throw<CheckpointException>().WithMessage("*not a regular file*");
    }

    Action Loading() => () => VisionTransformer.Load(folder.Path).Dispose();

    void Load()
    {
        using var model = VisionTransformer.Load(folder.Path);
        // Every page of every parameter, as a forward pass would read them.
        foreach (var (name, parameter) in model.named_parameters())
            if (parameter.bytes.Length != parameter.numel() * parameter.element_size() || parameter.bytes.LastIndexOfAnyExcept((byte)0) < -1) throw new InvalidDataException($"'{name}' cannot be read.");
        if (model.Sites.Count != 6 * model.Config.LayerCount) throw new InvalidDataException($"The model has {model.Sites.Count} places for {model.Config.LayerCount} layers.");
    }
}

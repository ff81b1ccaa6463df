using System.Text;
using System.Text.Json;
using LoraComposition.Files;
using LoraComposition.Fuzzing;
using LoraComposition.Models;
using LoraComposition.Tests.Files;
using LoraComposition.Tests.Support;

namespace LoraComposition.Tests.Models.Vit;

/// <summary>Spoilt model folders: each is refused, or gives a model whose every number can be read.</summary>
public sealed class VitFuzzTests : IDisposable
{
    static readonly JsonMutator settings = new(
        "\"vit\"", "\"deit\"", "\"gelu\"", "\"gelu_new\"", "32", "64", "8", "2", "3", "4", "5", "1000", "100000", "1048575", "1048576", "1e-12", "1e-320",
        "{\"0\":\"a\"}", "{\"0\":\"a\",\"0\":\"b\"}", "{\"-1\":\"a\"}", "{\"00\":\"a\"}", "{\"0\":1}", "{\"1\":\"a\"}", "[\"a\"]");

    const string Index = "model.safetensors.index.json";

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
        var kinds = Fuzz.Run<ModelFileException>(seed: 1, count: 1000, mutator.Mutate, _ => Load());
        kinds.Where(kind => kind.Key.StartsWith("config.json", StringComparison.Ordinal)).Sum(kind => kind.Value.Loaded).Should().BeGreaterThan(50, "settings that do not matter may be anything");
        kinds.Should().AllSatisfy(kind => kind.Value.Refused.Should().BePositive(kind.Key));
    }

    [Fact]
    public void Every_spoilt_index_or_shard_is_refused_or_loads_from_the_folder_alone()
    {
        using (var model = Fixture.Vit()) model.Save(folder.Path, new CheckpointSaveOptions { MaxShardBytes = 60_000 });
        var shards = Directory.GetFiles(folder.Path, "*.safetensors");
        shards.Should().HaveCountGreaterThan(1);
        using var outside = new MemoryFolder();
        // What a name could lead to, with the very tensors that are asked for.
        File.Copy(shards[0], Path.Combine(outside.Path, "outside.safetensors"));
        File.CreateSymbolicLink(Path.Combine(folder.Path, "link.safetensors"), Path.Combine(outside.Path, "outside.safetensors"));
        File.CreateSymbolicLink(Path.Combine(folder.Path, "folder"), outside.Path);
        string[] elsewhere = ["link.safetensors", "folder/outside.safetensors", $"../{Path.GetFileName(outside.Path)}/outside.safetensors", $"{outside.Path}/outside.safetensors"];
        var names = new JsonMutator([.. shards.Select(Path.GetFileName).Concat(elsewhere).Concat(["..\\outside.safetensors", "C:outside.safetensors", "..", ".", "", "config.json"]).Select(name => $"\"{JsonEncodedText.Encode(name!)}\"")]);

        var mutator = new FolderMutator(folder).AddJson(Index, File.ReadAllBytes(Path.Combine(folder.Path, Index)), names);
        foreach (var shard in shards)
        {
            var bytes = File.ReadAllBytes(shard);
            mutator.Add(Path.GetFileName(shard), bytes, new SafetensorsMutator(bytes).Mutate);
        }
        var plain = shards.Select(Path.GetFileName).ToHashSet();
        var kinds = Fuzz.Run<ModelFileException>(seed: 1, count: 1000, mutator.Mutate, _ =>
        {
            Load();
            using var index = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder.Path, Index)));
            foreach (var entry in index.RootElement.GetProperty("weight_map").EnumerateObject())
                if (!plain.Contains(entry.Value.GetString())) throw new InvalidDataException($"'{entry.Value}' was opened.");
        });
        kinds.Values.Sum(kind => kind.Loaded).Should().BePositive();
        kinds.Values.Sum(kind => kind.Refused).Should().BePositive();

        // One changed tensor would be refused for being in the wrong shard; here the whole shard lies elsewhere.
        mutator.Restore();
        var valid = File.ReadAllText(Path.Combine(folder.Path, Index));
        Load();
        foreach (var name in elsewhere)
        {
            folder.Write(Index, Encoding.UTF8.GetBytes(valid.Replace(Path.GetFileName(shards[0]), name, StringComparison.Ordinal)));
            FluentActions.Invoking(Load).Should().Throw<ModelFileException>(name);
        }
    }

    void Load()
    {
        using var model = VisionTransformer.Load(folder.Path);
        // Every page of every parameter, as a forward pass would read them.
        foreach (var (name, parameter) in model.named_parameters())
            if (parameter.bytes.Length != parameter.numel() * parameter.element_size() || parameter.bytes.LastIndexOfAnyExcept((byte)0) < -1) throw new InvalidDataException($"'{name}' cannot be read.");
    }
}

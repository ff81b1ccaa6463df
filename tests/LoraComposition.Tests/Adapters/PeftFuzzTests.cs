using LoraComposition.Fuzzing;
using LoraComposition.Tests.Files;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Adapters;

/// <summary>Spoilt adapter folders: each is refused, or gives updates that can be used. Patterns that backtrack for ever cost a second each and are tested one by one.</summary>
public sealed class PeftFuzzTests : IDisposable
{
    static readonly JsonMutator settings = new(
        "\"query\"", "[\"query\",\"value\"]", "[\"query\",1]", "[\"\"]", "\"all-linear\"", "\".*\"", "\".*(query|value)\"", "\"(\"", "\"[z-a]\"", "\"(?<n>a)\\\\k<m>\"", "\"a{1000}{1000}\"", "\"\\\\\"",
        $"\"{new string('(', 50_000)}\"", $"\"{new string('(', 20_000)}a{new string(')', 20_000)}\"", "{\"query\":4}", "{\"(\":1}", "{\".*\":1e400}", "{\".*\":0}", "{\"query\":-3}", "{\"\":1}",
        "\"LORA\"", "\"lora\"", "\"IA3\"", "\"none\"", "\"all\"", "\"pissa\"", "\"gaussian\"", "1e-320", "16");

    readonly MemoryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("vit-a")]
    [InlineData("vit-pattern")]
    [InlineData("vit-rslora")]
    public void Every_spoilt_folder_is_refused_or_loads(string fixture)
    {
        byte[] Valid(string name) => File.ReadAllBytes(Path.Combine(PeftFolder.Fixture(fixture), name));
        var weights = Valid("adapter_model.safetensors");
        var mutator = new FolderMutator(folder)
            .AddJson("adapter_config.json", Valid("adapter_config.json"), settings)
            .Add("adapter_model.safetensors", weights, new SafetensorsMutator(weights).Mutate);
        var kinds = Fuzz.Run<ModelFileException>(seed: 1, count: 7000, mutator.Mutate, _ => Load());
        kinds.Where(kind => kind.Key.StartsWith("adapter_config.json", StringComparison.Ordinal)).Sum(kind => kind.Value.Loaded).Should().BeGreaterThan(350, "settings that do not matter may be anything");
        kinds.Should().AllSatisfy(kind => kind.Value.Refused.Should().BePositive(kind.Key));
    }

    void Load()
    {
        using var adapter = LoraAdapter.Load(folder.Path);
        using var scope = NewDisposeScope();
        foreach (var (path, delta) in adapter.Layers)
        {
            if (!double.IsFinite(delta.Scaling)) throw new InvalidDataException($"'{path}' has the scaling {delta.Scaling}.");
            if (!delta.A.isfinite().all().item<bool>() || !delta.B.isfinite().all().item<bool>()) throw new InvalidDataException($"'{path}' holds numbers that are not finite.");
            if (!delta.B.matmul(delta.A).shape.SequenceEqual([delta.OutFeatures, delta.InFeatures])) throw new InvalidDataException($"'{path}' has factors that do not fit.");
        }
    }
}

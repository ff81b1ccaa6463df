using LoraComposition.Fuzzing;

namespace LoraComposition.Tests.Attachments;

/// <summary>Spoilt files of weights: each is refused, or gives as many finite weights for each layer as there are adapters.</summary>
public sealed class CompositionWeightsFuzzTests : IDisposable
{
    readonly MemoryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void EverySpoiltFileIsReadOrRefused()
    {
        new CompositionWeights(["a", "b"], new Dictionary<string, IReadOnlyList<double>> { ["encoder.0.query"] = [0.25, 0.75], ["encoder.0.value"] = [0.5, 0.5] }).Save(Path.Combine(folder.Path, "weights.json"));
        byte[] valid = File.ReadAllBytes(Path.Combine(folder.Path, "weights.json"));
        var mutator = new FolderMutator(folder).AddJson("weights.json", valid, new JsonMutator("[0.5,0.5]", "[1]", "1e39", "\"a\"", "[\"a\",\"a\"]", "{\"x\":[1,0]}"));

        var kinds = Fuzz.Run<ModelFileException>(seed: 1, count: 3000, mutator.Mutate, _ =>
        {
            var weights = CompositionWeights.Load(Path.Combine(folder.Path, "weights.json"));
            if (weights.Layers.Any(layer => layer.Value.Count != weights.AdapterNames.Count || !layer.Value.All(double.IsFinite))) throw new InvalidDataException("Weights were read that cannot be.");
        });

        kinds.Values.Sum(kind => kind.Refused).Should().BeGreaterThan(800);
        kinds.Values.Sum(kind => kind.Loaded).Should().BeGreaterThan(100, "names may be anything");
    }
}

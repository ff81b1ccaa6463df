using LoraComposition.Fuzzing;

namespace LoraComposition.Experiments.Tests.Results;

/// <summary>Spoilt results: each is refused, or read as a run of its name.</summary>
public sealed class RunStoreFuzzTests : IDisposable
{
    readonly MemoryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void EverySpoiltResultIsReadOrRefused()
    {
        var store = new RunStore(folder.Path);
        var result = ResultOf.Run("learned", 5, 1, 0.5) with { TestCount = 4, Correct = CorrectSamples.Encode([true, false, false, true]) };
        store.Save(result);
        byte[] valid = File.ReadAllBytes(Path.Combine(folder.Path, result.Key.FileName));
        var mutator = new FolderMutator(folder).AddJson(result.Key.FileName, valid, new JsonMutator("\"learned\"", "5", "0.5", "1e300", "\"AAAA\"", "\"2020-01-01T00:00:00Z\"", "[0,1]", "{\"a\":[1]}"));

        var kinds = Fuzz.Run<RunFileException>(seed: 1, count: 3000, mutator.Mutate, _ =>
        {
            foreach (var read in store.LoadAll())
                if (read.Key.FileName != result.Key.FileName || !double.IsFinite(read.Accuracy)) throw new InvalidDataException($"'{read.Key.FileName}' of accuracy {read.Accuracy} was read.");
        });

        kinds.Values.Sum(kind => kind.Refused).Should().BeGreaterThan(500);
        kinds.Values.Sum(kind => kind.Loaded).Should().BeGreaterThan(300, "details may be anything");
    }
}

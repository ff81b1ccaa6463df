using LoraComposition.FewShot;
using LoraComposition.Fuzzing;

namespace LoraComposition.Experiments.Tests.Data.Benchmarks;

/// <summary>Spoilt parquet files of pictures: each is refused, or its pictures are read.</summary>
public sealed class HubImagesFuzzTests : IDisposable
{
    static readonly string[] names = [.. Enumerable.Range(0, 3).Select(i => $"car {i}")];

    readonly MemoryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void EverySpoiltFileIsReadOrRefused()
    {
        byte[] whole = TinyHub.File(TinyHub.Rows(0, 1, 2, 0), names);
        folder.Write("test.parquet", whole);

        var kinds = Fuzz.Run<DataException>(seed: 1, count: 1200, random => ByteMutator.Mutate(random, [whole]), input =>
        {
            folder.Write("train.parquet", input.Bytes);
            var train = new StanfordCars().Open(folder.Path).Train;
            for (int picture = 0; picture < train.Count; picture++) train.Decode(picture);
        }, spareBytes: 256 << 20);

        kinds.Values.Sum(kind => kind.Refused).Should().BeGreaterThan(300);
    }
}

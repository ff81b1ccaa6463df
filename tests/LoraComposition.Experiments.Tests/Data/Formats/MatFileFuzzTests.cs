using LoraComposition.FewShot;
using LoraComposition.Fuzzing;

namespace LoraComposition.Experiments.Tests.Data.Formats;

/// <summary>Spoilt MATLAB files: each is refused, or read.</summary>
public sealed class MatFileFuzzTests : IDisposable
{
    readonly MemoryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("setid.mat")]
    [InlineData("imagelabels.mat")]
    [InlineData("cars_train_annos.mat")]
    [InlineData("cars_meta.mat")]
    public void EverySpoiltFileIsReadOrRefused(string name)
    {
        byte[] whole = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Fixtures", "matlab", name));

        // A packed element may unpack to 64 MiB: that much is read, and no more.
        var kinds = Fuzz.Run<DataException>(seed: 1, count: 900, random => ByteMutator.Mutate(random, [whole]), input => MatFile.Read(folder.Write(name, input.Bytes)),
            spareBytes: 4L * MatFile.MaxUnpacked);

        kinds.Values.Sum(kind => kind.Refused).Should().BeGreaterThan(100);
    }
}

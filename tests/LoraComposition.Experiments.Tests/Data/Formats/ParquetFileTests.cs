using LoraComposition.Experiments.Tests.Data.Benchmarks;
using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Data.Formats;

public sealed class ParquetFileTests : IDisposable
{
    const int Large = 1 << 20;

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void ReadsOneColumnOfOneRowGroup()
    {
        var file = Open(TinyHub.File([new([1, 2], 7, "a"), new(null, null, "b"), new([3], 9, "c")]));

        file.GroupRows.Should().Equal(2, 1);
        Column(file, 0, "label").Should().Equal(7L, null);
        Column(file, 1, "label").Should().Equal(9L);
        Column(file, 0, "domain").Should().Equal("a", "b");
        Column(file, 0, "image/bytes").Should().BeEquivalentTo(new byte[]?[] { [1, 2], null }, o => o.WithStrictOrdering());
    }

    [Fact]
    public void RefusesFilesOverItsLimits()
    {
        byte[] bytes = TinyHub.File(TinyHub.Rows(0, 1, 2));
        string path = folder.At("x.parquet");
        File.WriteAllBytes(path, bytes);

        Refusal(() => ParquetFile.Open(path, bytes.Length - 1, Large)).Should().Contain($"expected at most {bytes.Length - 1} bytes, found {bytes.Length}");
        Refusal(() => ParquetFile.Open(path, bytes.Length, 2)).Should().Contain("expected at most 2 rows, found 3");
        Refusal(() => Column(ParquetFile.Open(path, Large, Large), 0, "image/bytes", 20)).Should().Contain("column 'image/bytes': expected at most 20 unpacked bytes");
    }

    [Fact]
    public void RefusesRowsThatShareOneLongText()
    {
        // Repeated texts are stored once, in a dictionary.
        var file = Open(TinyHub.File([.. Enumerable.Repeat(new HubRow([1], 0, new string('x', 1000)), 100)], groupRows: 100));

        Column(file, 0, "domain", 100_000).Should().HaveCount(100);
        Refusal(() => Column(file, 0, "domain", 99_999)).Should().Contain("column 'domain': expected at most 99999 bytes in a row group");
    }

    ParquetFile Open(byte[] bytes)
    {
        string path = folder.At("x.parquet");
        File.WriteAllBytes(path, bytes);
        return ParquetFile.Open(path, Large, Large);
    }

    static object?[] Column(ParquetFile file, int group, string path, long maxBytes = Large) =>
        ParquetColumnReader.Read(file, group, file.Fields.Single(f => f.Path.ToString() == path), maxBytes, valuesPerRow: 1);

    static string Refusal(Action open) => open.Should().Throw<DataException>().Which.Message;
}

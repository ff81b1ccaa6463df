using LoraComposition.FewShot;
using LoraComposition.FewShot.Tests.Support;

namespace LoraComposition.Experiments.Tests.Data.Benchmarks;

/// <summary>Opens data sets from made-up folders.</summary>
internal static class BenchmarkFolder
{
    public static string Refusal(this ImageBenchmark benchmark, TemporaryFolder folder) =>
        FluentActions.Invoking(() => benchmark.Open(folder.Path)).Should().Throw<DataException>().Which.Message;

    public static void WriteBytes(this TemporaryFolder folder, byte[] content, params string[] parts) => File.WriteAllBytes(folder.At(parts), content);
}

using LoraComposition.Files;
using LoraComposition.Fuzzing;
using static LoraComposition.Fuzzing.SafetensorsBytes;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Files;

public sealed class MappedFileTests : IDisposable
{
    static readonly TensorInfo info = new("a", ScalarType.Float32, [2, 2], 8, 16);

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Views_outlive_the_mapping()
    {
        var path = folder.Write("file", WithLength(0, [.. BitConverter.GetBytes(1f), .. new byte[12]]));
        using var file = new MappedFile(path, 24, File.GetLastWriteTimeUtc(path));
        using var view = file.View(info);
        file.Dispose();
        view.Should().NotBeNull();
        view!.shape.Should().Equal(2, 2);
        view.data<float>().Should().Equal(1, 0, 0, 0);
    }

    [Fact]
    public void Another_file_at_the_path_is_not_mapped()
    {
        var path = folder.Write("file", new byte[24]);
        using var longer = new MappedFile(path, 25, File.GetLastWriteTimeUtc(path));
        using var older = new MappedFile(path, 24, File.GetLastWriteTimeUtc(path).AddSeconds(-1));
        longer.View(info).Should().BeNull();
        older.View(info).Should().BeNull();
    }
}

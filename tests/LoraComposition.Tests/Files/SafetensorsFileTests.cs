using LoraComposition.Files;
using LoraComposition.Fuzzing;
using TorchSharp;
using static LoraComposition.Fuzzing.SafetensorsBytes;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Files;

public sealed class SafetensorsFileTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("{}")]
    [InlineData("{}      \n")]
    [InlineData("{\"__metadata__\":{}}")]
    public void Accepts_files_without_tensors(string header)
    {
        using var file = SafetensorsFile.Open(folder.Write("empty", Make(header)));
        file.Tensors.Should().BeEmpty();
        file.Metadata.Should().BeEmpty();
    }

    [Fact]
    public void Accepts_scalars_empty_tensors_any_order_unknown_fields_and_metadata()
    {
        var header = Tensors(
            Tensor("last", "[2]", "[4,12]"),
            Tensor("scalar", "[]", "[0,4]"),
            Tensor("none", "[3,0,2]", "[4,4]"),
            "{\"__metadata__\":{\"format\":\"pt\",\"e\\u0301\":\"\\ud83d\\ude00\"}}",
            "{\"extra\":{\"dtype\":\"U8\",\"note\":{\"x\":[1]},\"shape\":[1],\"data_offsets\":[12,13]}}");
        using var file = SafetensorsFile.Open(folder.Write("mixed", Make(System.Text.Encoding.UTF8.GetBytes(header + "  "), [0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 64, 64, 7])));

        file.Tensors.Keys.Should().Equal("scalar", "none", "last", "extra");
        file.Tensors["last"].Shape.Should().Equal(2);
        (file.Tensors["last"].Offset - file.Tensors["scalar"].Offset).Should().Be(4);
        file.Metadata.Should().BeEquivalentTo(new Dictionary<string, string> { ["format"] = "pt", ["e\u0301"] = "😀" });
        using var scalar = file.Read("scalar");
        scalar.shape.Should().BeEmpty();
        scalar.item<float>().Should().Be(1);
        using var none = file.Read("none");
        none.shape.Should().Equal(3, 0, 2);
        using var last = file.Read("last");
        last.data<float>().Should().Equal(2, 3);
        using var extra = file.Read("extra");
        extra.data<byte>().Should().Equal(7);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Reads_aligned_and_unaligned_data_alike(int padding)
    {
        var header = Tensor("a", "[2,2]") + new string(' ', padding);
        header += new string(' ', 7 - (header.Length + 7 - padding) % 8);
        float[] numbers = [1.5f, -2, 3e10f, 4];
        using var file = SafetensorsFile.Open(folder.Write("padded", Make(System.Text.Encoding.UTF8.GetBytes(header), numbers.SelectMany(BitConverter.GetBytes).ToArray())));
        (file.Tensors["a"].Offset % 4).Should().Be(padding);
        using var tensor = file.Read("a");
        tensor.shape.Should().Equal(2, 2);
        tensor.data<float>().Should().Equal(numbers);
    }

    [Theory]
    [InlineData(ScalarType.Float32, ScalarType.Float32)]
    [InlineData(ScalarType.Float16, ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16, ScalarType.Float32)]
    [InlineData(ScalarType.Float64, ScalarType.Float32)]
    [InlineData(ScalarType.Float32, ScalarType.BFloat16)]
    [InlineData(ScalarType.Float32, ScalarType.Float64)]
    public void Converts_a_tensor_of_several_pieces(ScalarType stored, ScalarType wanted)
    {
        using var scope = NewDisposeScope();
        // The last piece is a single number.
        var tensor = arange(3 * (1 << 16) + 1).to(ScalarType.Float64).div(7).to(stored).view(1, -1);
        SafetensorsWriter.Write(folder.File("pieces"), new Dictionary<string, Tensor> { ["none"] = zeros(0, 3, dtype: stored), ["a"] = tensor });
        using var file = SafetensorsFile.Open(folder.File("pieces"));
        var read = file.Read("a", wanted);
        read.dtype.Should().Be(wanted);
        read.shape.Should().Equal(tensor.shape);
        read.equal(tensor.to(wanted)).all().item<bool>().Should().BeTrue();
        file.Read("none", wanted).shape.Should().Equal(0, 3);
    }

    [Fact]
    public void Reads_through_links()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need a privilege there.");
        folder.Write("real", Make(Tensor("a"), 16));
        File.CreateSymbolicLink(folder.File("link"), "real");
        using var file = SafetensorsFile.Open(folder.File("link"));
        using var tensor = file.Read("a");
        tensor.NumberOfElements.Should().Be(4);
    }

    [Fact]
    public void Writing_to_a_tensor_changes_neither_the_file_nor_another_tensor()
    {
        var path = folder.Write("private", Make(Tensors(Tensor("a"), Tensor("b", offsets: "[16,32]")).PadRight(136), 32));
        var before = File.ReadAllBytes(path);
        using var file = SafetensorsFile.Open(path);
        file.Tensors["a"].Offset.Should().Be(144, "the test is about mapped tensors, which are aligned");
        using var a = file.Read("a");
        using var b = file.Read("b");
        a.fill_(1);
        using var again = file.Read("a");
        again.sum().item<float>().Should().Be(0);
        b.sum().item<float>().Should().Be(0);
        File.ReadAllBytes(path).Should().Equal(before);
    }

    [Fact]
    public void Tensors_outlive_the_file_and_leave_nothing_behind()
    {
        var path = folder.Write("file", Make(Tensor("a").PadRight(72), 16));
        var before = DisposeScopeManager.Statistics.TensorStatistics;
        var (created, disposed) = (before.CreatedOutsideScopeCount, before.DisposedOutsideScopeCount);
        var file = SafetensorsFile.Open(path);
        var tensor = file.Read("a");
        file.Dispose();
        tensor.data<float>().Should().Equal(0, 0, 0, 0);
        tensor.Dispose();
        var after = DisposeScopeManager.Statistics.TensorStatistics;
        (after.CreatedOutsideScopeCount - created).Should().BeGreaterThan(1).And.Be(after.DisposedOutsideScopeCount - disposed);
    }

    [Fact]
    public void Refuses_a_file_that_was_shortened_after_it_was_opened()
    {
        var path = folder.Write("file", Make(Tensor("a").PadRight(72), 16));
        using var file = SafetensorsFile.Open(path);
        using (var writer = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) writer.SetLength(80);
        file.Invoking(f => f.Read("a")).Should().Throw<SafetensorsException>().WithMessage("*80 bytes long, expected 96*");
    }

    [Fact]
    public void Reads_the_opened_file_after_another_took_its_path()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "An open file cannot be replaced there.");
        var path = folder.Write("file", Make(Tensor("a").PadRight(72), 16));
        // Two files of one length are told apart by their times, which on some systems advance by milliseconds only.
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddMinutes(-1));
        using var file = SafetensorsFile.Open(path);
        AtomicFile.Write(path, stream => stream.Write(Enumerable.Repeat((byte)7, 96).ToArray()));
        using var tensor = file.Read("a");
        tensor.data<float>().Should().Equal(0, 0, 0, 0);
    }

    [Fact]
    public void Refuses_missing_names_and_use_after_closing()
    {
        var file = SafetensorsFile.Open(folder.Write("file", Make(Tensor("a"), 16)));
        file.Invoking(f => f.Read("b")).Should().Throw<SafetensorsException>().WithMessage("*no tensor 'b'*");
        file.Dispose();
        file.Invoking(f => f.Read("a")).Should().Throw<ObjectDisposedException>();
    }
}

using System.Buffers.Binary;
using System.Text;
using LoraComposition.Files;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Files;

public sealed class SafetensorsWriterTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(ScalarType.Float64)]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Int64)]
    [InlineData(ScalarType.Int32)]
    [InlineData(ScalarType.Int16)]
    [InlineData(ScalarType.Int8)]
    [InlineData(ScalarType.Byte)]
    [InlineData(ScalarType.Bool)]
    public void Reads_back_what_it_wrote(ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        var written = tensor(new double[,] { { 0, 1, 2.5 }, { 3, 100, 7.25 } }).to(dtype);
        SafetensorsWriter.Write(folder.File("file"), new Dictionary<string, Tensor> { ["x"] = written });
        using var file = SafetensorsFile.Open(folder.File("file"));
        var read = file.Read("x");
        read.dtype.Should().Be(dtype);
        read.shape.Should().Equal(2, 3);
        read.bytes.ToArray().Should().Equal(written.bytes.ToArray()).And.Contain(value => value != 0);
    }

    [Fact]
    public void Writes_one_known_file()
    {
        using var scope = NewDisposeScope();
        var tensors = new Dictionary<string, Tensor> { ["b"] = tensor(new float[] { 1 }), ["u"] = tensor(new byte[] { 9 }), ["a"] = tensor(2f), ["w"] = zeros(0, dtype: int64) };
        SafetensorsWriter.Write(folder.File("file"), tensors, new Dictionary<string, string> { ["z"] = "é", ["k"] = "\"" });
        var bytes = File.ReadAllBytes(folder.File("file"));
        var length = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        Encoding.UTF8.GetString(bytes, 8, length).TrimEnd(' ').Should().Be(
            """{"__metadata__":{"k":"\"","z":"é"},"w":{"dtype":"I64","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"b":""" +
            """{"dtype":"F32","shape":[1],"data_offsets":[4,8]},"u":{"dtype":"U8","shape":[1],"data_offsets":[8,9]}}""");
        (length % 8).Should().Be(0);
        bytes[(8 + length)..].Should().Equal(0, 0, 0, 64, 0, 0, 128, 63, 9);
    }

    [Fact]
    public void Gives_the_bytes_of_the_reference_library()
    {
        var reference = Path.Combine(AppContext.BaseDirectory, "Fixtures", "peft", "vit-a", "adapter_model.safetensors");
        using var scope = NewDisposeScope();
        using var file = SafetensorsFile.Open(reference);
        SafetensorsWriter.Write(folder.File("copy"), file.Tensors.Keys.Reverse().ToDictionary(name => name, file.Read), file.Metadata);
        File.ReadAllBytes(folder.File("copy")).Should().Equal(File.ReadAllBytes(reference));
    }

    [Fact]
    public void Writes_views_and_parameters_by_their_values()
    {
        using var scope = NewDisposeScope();
        var whole = arange(6, dtype: float32).view(2, 3);
        var parameter = new TorchSharp.Modules.Parameter(whole.clone());
        SafetensorsWriter.Write(folder.File("file"), new Dictionary<string, Tensor> { ["transposed"] = whole.t(), ["row"] = whole[1], ["wide"] = tensor(4f).expand(2, 2), ["p"] = parameter });
        using var file = SafetensorsFile.Open(folder.File("file"));
        file.Read("transposed").data<float>().Should().Equal(0, 3, 1, 4, 2, 5);
        file.Read("row").data<float>().Should().Equal(3, 4, 5);
        file.Read("wide").data<float>().Should().Equal(4, 4, 4, 4);
        file.Read("p").data<float>().Should().Equal(0, 1, 2, 3, 4, 5);
    }

    [Theory]
    [InlineData("", "*empty*")]
    [InlineData("a\n", "*control character U+000A*")]
    [InlineData("__metadata__", "*reserved*")]
    public void Refuses_names(string name, string message)
    {
        using var one = tensor(1f);
        Writing(new() { [name] = one }).Should().Throw<ArgumentException>().WithMessage(message);
        Directory.GetFiles(folder.Path).Should().BeEmpty();
    }

    [Fact]
    public void Refuses_half_of_a_surrogate_pair()
    {
        using var one = tensor(1f);
        Writing(new() { ["\ud800"] = one }).Should().Throw<ArgumentException>().WithMessage("*surrogate*");
    }

    [Fact]
    public void Refuses_types_and_devices_without_a_counterpart()
    {
        using var complex = zeros(1, dtype: complex64);
        using var meta = zeros(1, device: META);
        Writing(new() { ["c"] = complex }).Should().Throw<ArgumentException>().WithMessage("*'c' is ComplexFloat32*");
        Writing(new() { ["m"] = meta }).Should().Throw<ArgumentException>().WithMessage("*meta device*");
    }

    Action Writing(Dictionary<string, Tensor> tensors) => () => SafetensorsWriter.Write(folder.File("file"), tensors);
}

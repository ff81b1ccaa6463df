using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using LoraComposition.Files;
using LoraComposition.Fuzzing;
using static LoraComposition.Fuzzing.SafetensorsBytes;

namespace LoraComposition.Tests.Files;

/// <summary>Thousands of spoilt files: each is refused, or read as a second, simple parser reads it.</summary>
public sealed class SafetensorsFuzzTests : IDisposable
{
    readonly MemoryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static byte[][] Valid()
    {
        var everyType = Tensors([.. new[] { ("F64", 8), ("I64", 8), ("F32", 4), ("I32", 4), ("F16", 2), ("BF16", 2), ("I16", 2), ("I8", 1), ("U8", 1), ("BOOL", 1) }
            .Select((type, i) => Tensor($"t{i}", "[2]", $"[{Offset(i)},{Offset(i + 1)}]", type.Item1))]);
        return
        [
            Filled(Tensor("a"), 16),
            Filled(Tensor("a").PadRight(72), 16),
            Filled(Tensors(Tensor("last", "[2]", "[4,12]"), Tensor("scalar", "[]", "[0,4]"), Tensor("none", "[3,0,2]", "[4,4]"), "{\"__metadata__\":{\"format\":\"pt\",\"k\":\"v\"}}"), 12),
            Filled(everyType, Offset(10)),
            Filled(Tensor("u", "[3]", "[0,3]", "U8") + "     ", 3),
            Filled(Tensors(Tensor("u", "[1]", "[0,1]", "U8"), Tensor("unaligned", "[2,2]", "[1,17]")), 17),
        ];

        static int Offset(int i) => new[] { 8, 8, 4, 4, 2, 2, 2, 1, 1, 1 }.Take(i).Sum(size => 2 * size);

        static byte[] Filled(string header, int length) => Make(Encoding.UTF8.GetBytes(header), [.. Enumerable.Range(1, length).Select(i => (byte)i)]);
    }

    [Fact]
    public void Every_spoilt_file_is_refused_or_read_right()
    {
        var mutator = new SafetensorsMutator(Valid());
        var kinds = Fuzz.Run<ModelFileException>(seed: 1, count: 20_000, mutator.Mutate, Load);
        kinds.Should().HaveCountGreaterThanOrEqualTo(15).And.AllSatisfy(kind => kind.Value.Refused.Should().BePositive(kind.Key));
        kinds.Values.Sum(kind => kind.Loaded).Should().BeGreaterThan(500, "the other half of the test is about files that load");
    }

    [Fact]
    public void The_second_parser_reads_the_valid_files()
    {
        foreach (var file in Valid()) Load(new FuzzCase("valid", file));
    }

    void Load(FuzzCase input)
    {
        using var file = SafetensorsFile.Open(folder.Write("file", input.Bytes));
        var expected = ReadSimply(input.Bytes);
        file.Tensors.Keys.Should().BeEquivalentTo(expected.Keys);
        foreach (var (name, (dtype, shape, data)) in expected)
        {
            using var tensor = file.Read(name);
            if (!tensor.shape.SequenceEqual(shape)) throw new InvalidDataException($"'{name}' has the shape [{string.Join(", ", tensor.shape)}], expected [{string.Join(", ", shape)}].");
            SafetensorsDtype.TryGetName(tensor.dtype, out var found);
            if (found != dtype) throw new InvalidDataException($"'{name}' is {found}, expected {dtype}.");
            if (data.Length > 0 && !tensor.bytes.SequenceEqual(data)) throw new InvalidDataException($"'{name}' holds other bytes than the file.");
        }
    }

    /// <summary>Trusts that the file is valid, and fails in any way where it is not.</summary>
    static Dictionary<string, (string Dtype, long[] Shape, byte[] Data)> ReadSimply(byte[] file)
    {
        var end = 8 + checked((int)BinaryPrimitives.ReadUInt64LittleEndian(file));
        using var header = JsonDocument.Parse(file.AsMemory(8..end));
        var tensors = new Dictionary<string, (string, long[], byte[])>(StringComparer.Ordinal);
        var covered = new bool[file.Length - end];
        foreach (var entry in header.RootElement.EnumerateObject().Where(entry => entry.Name != "__metadata__"))
        {
            if (entry.Value.EnumerateObject().CountBy(field => field.Name).Any(field => field.Value > 1)) throw new InvalidDataException($"'{entry.Name}' holds a field twice.");
            long[] Integers(string field) => [.. entry.Value.GetProperty(field).EnumerateArray().Select(number => number.GetInt64())];
            var (from, to) = (Integers("data_offsets")[0], Integers("data_offsets")[1]);
            for (var i = from; i < to; i++) covered[i] = covered[i] ? throw new InvalidDataException($"Byte {i} of the data belongs to two tensors.") : true;
            tensors.Add(entry.Name, (entry.Value.GetProperty("dtype").GetString()!, Integers("shape"), file[(int)(end + from)..(int)(end + to)]));
        }
        return covered.All(isCovered => isCovered) ? tensors : throw new InvalidDataException("A byte of the data belongs to no tensor.");
    }
}

using System.Buffers.Binary;
using System.Text;

namespace LoraComposition.Fuzzing;

/// <summary>Spoils safetensors files: their bytes, their length field, and the JSON of their header with the length put right again.</summary>
public sealed class SafetensorsMutator(params byte[][] files)
{
    static readonly JsonMutator header = new(
        "\"F64\"", "\"F32\"", "\"BF16\"", "\"I64\"", "\"U8\"", "\"BOOL\"", "\"F8_E4M3\"", "\"U64\"", "\"f32\"", "4", "8", "12", "16", "20", "24", "32", "[4]", "[0]", "[0,4]", "[4,0]", "[1,4]", "[0,16]", "[16,0]",
        "[]", "[0,9223372036854775807]", "[4294967296,4294967296]", "[0,4294967296,4294967296]", "4611686018427387904", "{}", "{\"k\":\"v\"}", "\"__metadata__\"",
        "{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}", "{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}");

    static readonly ulong[] lengths = [0, 1, 2, 7, 8, 100_000_000, 100_000_001, 1UL << 31, 1UL << 32, long.MaxValue, 1UL << 63, ulong.MaxValue, ulong.MaxValue - 7];

    public FuzzCase Mutate(Random random)
    {
        if (random.Next(3) == 0) return ByteMutator.Mutate(random, files);
        var file = files[random.Next(files.Length)];
        var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(file);
        if (random.Next(10) == 0)
        {
            var wrong = random.Next(2) == 0 ? lengths[random.Next(lengths.Length)] : (ulong)Math.Max(0, length + random.Next(-9, 10));
            return new("length", SafetensorsBytes.WithLength(wrong, file[8..]));
        }
        var (kind, json) = header.Mutate(random, Encoding.Latin1.GetString(file, 8, length));
        return new($"header: {kind}", SafetensorsBytes.Make(Encoding.Latin1.GetBytes(json), file[(8 + length)..]));
    }
}

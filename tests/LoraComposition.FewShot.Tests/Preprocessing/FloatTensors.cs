using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace LoraComposition.FewShot.Tests.Preprocessing;

/// <summary>The float32 tensors of a safetensors fixture.</summary>
internal static class FloatTensors
{
    public static IReadOnlyDictionary<string, float[]> Read(string file)
    {
        byte[] bytes = File.ReadAllBytes(file);
        int headerLength = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        using var header = JsonDocument.Parse(bytes.AsMemory(8, headerLength));
        return header.RootElement.EnumerateObject().Where(t => t.Name != "__metadata__").ToDictionary(t => t.Name, t =>
        {
            t.Value.GetProperty("dtype").GetString().Should().Be("F32");
            var offsets = t.Value.GetProperty("data_offsets");
            int start = offsets[0].GetInt32(), end = offsets[1].GetInt32();
            return MemoryMarshal.Cast<byte, float>(bytes.AsSpan(8 + headerLength + start, end - start)).ToArray();
        });
    }
}

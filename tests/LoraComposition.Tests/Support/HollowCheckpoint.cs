using System.Text;
using System.Text.Json;

namespace LoraComposition.Tests.Support;

/// <summary>Writes safetensors files of any size whose numbers are a hole in the file: they take no room on the disk, and read as zeros.</summary>
static class HollowCheckpoint
{
    public static void Write(string path, IEnumerable<(string Name, long[] Shape)> tensors)
    {
        long position = 0;
        var header = new Dictionary<string, object>();
        foreach (var (name, shape) in tensors)
        {
            long end = position + 4 * shape.Aggregate(1L, (product, size) => product * size);
            header.Add(name, new { dtype = "F32", shape, data_offsets = new[] { position, end } });
            position = end;
        }
        byte[] text = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(header).PadRight(1 << 16));
        using var stream = File.Create(path);
        stream.Write(BitConverter.GetBytes((ulong)text.Length));
        stream.Write(text);
        stream.SetLength(stream.Position + position);
    }
}

using System.Text;
using System.Text.Json.Nodes;

namespace LoraComposition.Tests.Support;

/// <summary>Writes safetensors files of any size whose numbers are a hole in the file: they take no room on the disk, and read as zeros.</summary>
static class HollowCheckpoint
{
    public static void Write(string path, IEnumerable<(string Name, long[] Shape)> tensors)
    {
        long position = 0;
        var header = new JsonObject();
        foreach (var (name, shape) in tensors)
        {
            long end = position + 4 * shape.Aggregate(1L, (product, size) => product * size);
            header.Add(name, new JsonObject { ["dtype"] = "F32", ["shape"] = new JsonArray([.. shape.Select(size => (JsonNode)size)]), ["data_offsets"] = new JsonArray(position, end) });
            position = end;
        }
        byte[] text = Encoding.UTF8.GetBytes(header.ToJsonString().PadRight(1 << 16));
        using var stream = File.Create(path);
        stream.Write(BitConverter.GetBytes((ulong)text.Length));
        stream.Write(text);
        stream.SetLength(stream.Position + position);
    }
}

using System.Buffers.Binary;
using System.Text;

namespace LoraComposition.Fuzzing;

/// <summary>Puts safetensors files together by hand, good ones and bad ones.</summary>
public static class SafetensorsBytes
{
    public static byte[] Make(string header, int dataLength = 0) => Make(Encoding.UTF8.GetBytes(header), new byte[dataLength]);

    public static byte[] Make(byte[] header, byte[] data) => WithLength((ulong)header.Length, [.. header, .. data]);

    /// <summary>A file whose length field says something of its own.</summary>
    public static byte[] WithLength(ulong length, byte[] rest)
    {
        var file = new byte[8 + rest.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(file, length);
        rest.CopyTo(file, 8);
        return file;
    }

    public static string Tensor(string name, string shape = "[4]", string offsets = "[0,16]", string dtype = "F32") =>
        $$$"""{"{{{name}}}":{"dtype":"{{{dtype}}}","shape":{{{shape}}},"data_offsets":{{{offsets}}}}}""";

    public static string Tensors(params string[] tensors) => "{" + string.Join(",", tensors.Select(tensor => tensor[1..^1])) + "}";
}

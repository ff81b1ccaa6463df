using System.IO.Compression;
using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>Reads the variables of a MATLAB file of level 5 (<c>save -v6</c> and <c>-v7</c>), the format of the annotations of several data sets.</summary>
internal static class MatFile
{
    /// <summary>The largest list of pictures, Stanford Cars' training part, has less than 1 MB.</summary>
    public const int MaxLength = 16 * 1024 * 1024;
    public const int MaxUnpacked = 64 * 1024 * 1024;

    const int HeaderLength = 128;

    /// <summary>The variables of a file by their names.</summary>
    /// <exception cref="DataException">The file is missing, damaged, or of another version of the format.</exception>
    public static IReadOnlyDictionary<string, MatValue> Read(string file)
    {
        byte[] bytes = DataFile.Read(file, MaxLength);
        try
        {
            return Variables(bytes);
        }
        catch (InvalidDataException e)
        {
            throw new DataException(file, $"expected a MATLAB file of level 5 (save -v7): {e.Message.TrimEnd('.')}; replace the file.", e);
        }
    }

    static Dictionary<string, MatValue> Variables(byte[] bytes)
    {
        if (bytes.Length < HeaderLength || bytes[126] != 'I' || bytes[127] != 'M' || bytes[125] != 1)
            throw new InvalidDataException(bytes.AsSpan().StartsWith("MATLAB 7.3"u8) ? "it is of version 7.3, which is another format" : "it does not begin as one");
        var variables = new Dictionary<string, MatValue>(StringComparer.Ordinal);
        int unpacked = 0;
        var reader = new MatReader(bytes.AsSpan(HeaderLength));
        while (!reader.AtEnd)
        {
            var type = reader.Element(out var content);
            if (type == MatType.Compressed)
            {
                byte[] plain = Unpack(content, MaxUnpacked - unpacked);
                unpacked += plain.Length;
                var inner = new MatReader(plain);
                type = inner.Element(out content);
            }
            if (type != MatType.Matrix) throw new InvalidDataException($"it holds an element of type {(int)type} instead of a variable");
            var value = MatReader.Matrix(content, out string name);
            if (!variables.TryAdd(name, value)) throw new InvalidDataException($"it holds the variable '{name}' twice");
        }
        return variables;
    }

    static byte[] Unpack(ReadOnlySpan<byte> packed, int maxLength)
    {
        using var zlib = new ZLibStream(new MemoryStream(packed.ToArray(), writable: false), CompressionMode.Decompress);
        using var plain = new MemoryStream();
        byte[] buffer = new byte[64 * 1024];
        while (zlib.Read(buffer) is > 0 and var read)
        {
            if (plain.Length + read > maxLength) throw new InvalidDataException($"it unpacks to more than {MaxUnpacked} bytes");
            plain.Write(buffer, 0, read);
        }
        return plain.ToArray();
    }
}

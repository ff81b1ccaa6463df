using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;
using static TorchSharp.torch;

namespace LoraComposition.Files;

/// <summary>The checked header of a safetensors file: every number in it is known to fit the file.</summary>
/// <param name="Tensors">The tensors in the order of their bytes.</param>
/// <param name="Metadata">The free text entries.</param>
internal sealed record SafetensorsHeader(IReadOnlyList<TensorInfo> Tensors, IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>The bytes of the length field in front of the header.</summary>
    public const int PrefixLength = sizeof(ulong);

    /// <summary>The longest header, as in the reference implementation.</summary>
    public const int MaxLength = 100_000_000;

    /// <summary>The most tensors in one file.</summary>
    public const int MaxTensors = 100_000;

    /// <summary>The longest tensor name in UTF-16 units.</summary>
    public const int MaxNameLength = 1024;

    /// <summary>The most dimensions of a tensor, as in torch.</summary>
    public const int MaxDimensions = 64;

    /// <summary>The header's entry for metadata, which no tensor can be named.</summary>
    public const string MetadataName = "__metadata__";

    static readonly UTF8Encoding strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads and checks the header of an open file in the order of the reference implementation.</summary>
    /// <exception cref="SafetensorsException">The file is not a well-formed safetensors file.</exception>
    public static SafetensorsHeader Read(SafeFileHandle handle, long fileLength, string path)
    {
        ModelFileException Refuse(string message, Exception? cause) => new SafetensorsException(path, message, cause);

        if (fileLength < PrefixLength)
            throw Refuse($"expected at least {PrefixLength} bytes, found {fileLength}; the file is not safetensors or was cut short.", null);
        Span<byte> prefix = stackalloc byte[PrefixLength];
        RegularFile.ReadExactly(handle, prefix, 0, Refuse);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        // The prefix of another format reads as an absurd length; a small length can be neither, so this comes after it.
        if (length > MaxLength)
            throw Refuse(ForeignFormat.Explain(prefix)
                ?? $"the header length is {length} bytes, expected at most {MaxLength}; the file is damaged or not safetensors.", null);
        if (length == 0) throw Refuse("the header length is 0, expected at least 2 bytes of JSON; the file is damaged.", null);
        if ((long)length > fileLength - PrefixLength)
            throw Refuse(ForeignFormat.Explain(prefix)
                ?? $"the header length is {length} bytes, but only {fileLength - PrefixLength} follow; the file was cut short, so fetch it again.", null);

        var header = new byte[length];
        RegularFile.ReadExactly(handle, header, PrefixLength, Refuse);
        CheckText(header, Refuse);
        var (entries, metadata) = SafetensorsHeaderParser.Parse(path, header);
        return new SafetensorsHeader(SafetensorsLayout.Place(path, entries, PrefixLength + (long)length, fileLength), metadata);
    }

    static void CheckText(ReadOnlySpan<byte> header, Func<string, Exception?, ModelFileException> refuse)
    {
        if (header.StartsWith("\uFEFF"u8)) throw refuse("the header starts with a byte order mark, expected '{'.", null);
        if (header[0] != (byte)'{') throw refuse($"the header starts with byte 0x{header[0]:x2}, expected '{{' of a JSON object.", null);
        try
        {
            strictUtf8.GetCharCount(header);
        }
        catch (DecoderFallbackException e)
        {
            throw refuse($"the header is not valid UTF-8 at byte {PrefixLength + e.Index} of the file.", e);
        }
    }
}

/// <summary>Where one tensor lies in a safetensors file, and what it is.</summary>
/// <param name="Name">The tensor's name.</param>
/// <param name="Dtype">The type of its elements.</param>
/// <param name="Shape">Its dimensions; empty for a single number.</param>
/// <param name="Offset">Its first byte, counted from the start of the file.</param>
/// <param name="ByteLength">How many bytes it takes.</param>
public sealed record TensorInfo(string Name, ScalarType Dtype, IReadOnlyList<long> Shape, long Offset, long ByteLength);

/// <summary>Checks the entries of a header against the bytes of the file: they must fill the data part without hole or overlap.</summary>
internal static class SafetensorsLayout
{
    /// <summary>Places every entry in the file.</summary>
    /// <returns>The tensors in the order of their bytes.</returns>
    /// <exception cref="SafetensorsException">An entry does not fit its shape, its neighbours or the file.</exception>
    public static IReadOnlyList<TensorInfo> Place(string path, IReadOnlyList<SafetensorsEntry> entries, long dataStart, long fileLength)
    {
        SafetensorsException Refuse(string message) => new(path, message);

        var dataLength = fileLength - dataStart;
        var placed = new List<TensorInfo>(entries.Count);
        var (position, previous) = (0L, "the data's start");
        foreach (var entry in entries.OrderBy(e => e.Begin).ThenBy(e => e.End).ThenBy(e => e.Name, StringComparer.Ordinal))
        {
            var span = $"tensor '{entry.Name}' has data_offsets [{entry.Begin}, {entry.End}]";
            if (entry.Begin > entry.End) throw Refuse($"{span}, expected begin not above end.");
            if (entry.Begin < position) throw Refuse($"{span} and overlaps {previous}, which ends at {position}.");
            if (entry.Begin > position) throw Refuse($"{span}, which leaves a hole after {previous}, expected begin {position}.");
            if (entry.End > dataLength) throw Refuse($"{span}, but the file holds only {dataLength} bytes of data; it was cut short, so fetch it again.");
            var bytes = ByteLength(entry) ?? throw Refuse($"tensor '{entry.Name}' has the shape [{string.Join(", ", entry.Shape)}], whose size overflows 64 bits.");
            if (bytes != entry.End - entry.Begin)
                throw Refuse($"{span}, {entry.End - entry.Begin} bytes, but {entry.Dtype} [{string.Join(", ", entry.Shape)}] takes {bytes}.");
            placed.Add(new TensorInfo(entry.Name, entry.Dtype, Array.AsReadOnly(entry.Shape), dataStart + entry.Begin, bytes));
            (position, previous) = (entry.End, $"tensor '{entry.Name}'");
        }
        if (position != dataLength)
            throw Refuse($"{dataLength - position} trailing bytes follow the last tensor at byte {dataStart + position}; the file is damaged.");
        return placed;
    }

    /// <summary>
    /// The bytes of a shape, or null where they overflow. A zero elsewhere in the shape excuses no overflow: torch multiplies the other dimensions for the strides.
    /// </summary>
    static long? ByteLength(SafetensorsEntry entry)
    {
        long bytes = SafetensorsDtype.Size(entry.Dtype);
        foreach (var dimension in entry.Shape)
        {
            var high = Math.BigMul(bytes, Math.Max(dimension, 1), out bytes);
            if (high != 0 || bytes < 0) return null;
        }
        return entry.Shape.Contains(0) ? 0 : bytes;
    }
}

/// <summary>What a tensor may be called, for reading and for writing.</summary>
internal static class SafetensorsName
{
    /// <summary>What is wrong with a name, or null where nothing is.</summary>
    public static string? Problem(string name)
    {
        if (name.Length == 0) return "is empty";
        if (name.Length > SafetensorsHeader.MaxNameLength) return $"is {name.Length} characters long, expected at most {SafetensorsHeader.MaxNameLength}";
        foreach (var character in name)
        {
            if (char.IsControl(character)) return $"holds the control character U+{(int)character:X4}";
        }
        return null;
    }
}

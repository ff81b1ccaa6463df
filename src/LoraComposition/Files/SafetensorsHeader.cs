using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;

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

        if (fileLength < PrefixLength) throw Refuse($"expected at least {PrefixLength} bytes, found {fileLength}; the file is not safetensors or was cut short.", null);
        Span<byte> prefix = stackalloc byte[PrefixLength];
        RegularFile.ReadExactly(handle, prefix, 0, Refuse);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        // The prefix of another format reads as an absurd length; a small length can be neither, so this comes after it.
        if (length > MaxLength)
            throw Refuse(ForeignFormat.Explain(prefix) ?? $"the header length is {length} bytes, expected at most {MaxLength}; the file is damaged or not safetensors.", null);
        if (length == 0) throw Refuse("the header length is 0, expected at least 2 bytes of JSON; the file is damaged.", null);
        if ((long)length > fileLength - PrefixLength)
            throw Refuse(ForeignFormat.Explain(prefix) ?? $"the header length is {length} bytes, but only {fileLength - PrefixLength} follow; the file was cut short, so fetch it again.", null);

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

using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace LoraComposition.Models;

/// <summary>One message in the wire format of protocol buffers: of each field its number, its kind and its value.</summary>
/// <remarks>The library references no Google.Protobuf (0.5 MB), which has nothing like <see cref="Announce"/> for weights of gigabytes either.</remarks>
internal sealed class ProtobufMessage
{
    const int LongestVarint = 10;

    // How many bytes a value takes, for readers that do not know the field.
    const int Varint = 0, LengthDelimited = 2, FourBytes = 5;

    static readonly UTF8Encoding strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    readonly ArrayBufferWriter<byte> buffer = new();

    public ReadOnlySpan<byte> Bytes => buffer.WrittenSpan;

    /// <summary>A whole number, or the number of an enumeration's member.</summary>
    public ProtobufMessage Integer(int field, long value)
    {
        Raw(Key(field, Varint));
        Raw((ulong)value);
        return this;
    }

    public ProtobufMessage Float(int field, float value)
    {
        Raw(Key(field, FourBytes));
        BinaryPrimitives.WriteSingleLittleEndian(buffer.GetSpan(sizeof(float)), value);
        buffer.Advance(sizeof(float));
        return this;
    }

    /// <exception cref="EncoderFallbackException">The text holds half of a surrogate pair.</exception>
    public ProtobufMessage Text(int field, string value) => Data(field, strictUtf8.GetBytes(value));

    public ProtobufMessage Message(int field, ProtobufMessage value) => Data(field, value.Bytes);

    /// <summary>Says that so many bytes follow as a field's value; whoever writes the message puts them behind it.</summary>
    public ProtobufMessage Announce(int field, long length)
    {
        Raw(Key(field, LengthDelimited));
        Raw((ulong)length);
        return this;
    }

    ProtobufMessage Data(int field, ReadOnlySpan<byte> bytes)
    {
        Announce(field, bytes.Length);
        buffer.Write(bytes);
        return this;
    }

    static ulong Key(int field, int kind) => (ulong)(field << 3 | kind);

    // Seven bits a byte, the lowest first; the highest bit says that more follow.
    void Raw(ulong value)
    {
        var span = buffer.GetSpan(LongestVarint);
        int count = 0;
        for (; value > 0x7F; value >>= 7) span[count++] = (byte)(value | 0x80);
        span[count++] = (byte)value;
        buffer.Advance(count);
    }
}

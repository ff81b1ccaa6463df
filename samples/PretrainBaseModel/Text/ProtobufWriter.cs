using System.Buffers.Binary;
using System.Text;

namespace PretrainBaseModel.Text;

/// <summary>Writes the fields of one protobuf message: integers, floats, texts and messages within it.</summary>
sealed class ProtobufWriter
{
    // How a field's bytes are to be read, the lowest three bits of its key.
    const int Varint = 0, LengthDelimited = 2, Fixed32 = 5;

    readonly List<byte> bytes = [];

    public ReadOnlySpan<byte> Bytes => bytes.ToArray();

    public ProtobufWriter Add(int field, int value)
    {
        Key(field, Varint);
        // A negative number takes ten bytes: it is widened to 64 bits first.
        Number((ulong)(long)value);
        return this;
    }

    public ProtobufWriter Add(int field, bool value) => Add(field, value ? 1 : 0);

    public ProtobufWriter Add(int field, float value)
    {
        Span<byte> four = stackalloc byte[sizeof(float)];
        BinaryPrimitives.WriteSingleLittleEndian(four, value);
        Key(field, Fixed32);
        bytes.AddRange(four);
        return this;
    }

    public ProtobufWriter Add(int field, string text) => Add(field, Encoding.UTF8.GetBytes(text));

    public ProtobufWriter Add(int field, ProtobufWriter message) => Add(field, message.Bytes);

    ProtobufWriter Add(int field, ReadOnlySpan<byte> content)
    {
        Key(field, LengthDelimited);
        Number((ulong)content.Length);
        bytes.AddRange(content);
        return this;
    }

    void Key(int field, int type) => Number((ulong)(uint)(field << 3 | type));

    // Seven bits to a byte, the lowest first; the eighth says that more follow.
    void Number(ulong value)
    {
        for (; value >= 0x80; value >>= 7) bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
    }
}

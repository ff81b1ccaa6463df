using Google.Protobuf;

namespace PretrainBaseModel.Text;

/// <summary>Writes the fields of one protobuf message without its description: integers, floats, texts and messages within it.</summary>
sealed class ProtobufWriter
{
    readonly List<byte> bytes = [];

    public ReadOnlySpan<byte> Bytes => bytes.ToArray();

    public ProtobufWriter Add(int field, int value) => Add(field, WireFormat.WireType.Varint, output => output.WriteInt32(value));

    public ProtobufWriter Add(int field, bool value) => Add(field, WireFormat.WireType.Varint, output => output.WriteBool(value));

    public ProtobufWriter Add(int field, float value) => Add(field, WireFormat.WireType.Fixed32, output => output.WriteFloat(value));

    public ProtobufWriter Add(int field, string text) => Add(field, WireFormat.WireType.LengthDelimited, output => output.WriteString(text));

    public ProtobufWriter Add(int field, ProtobufWriter message) => Add(field, WireFormat.WireType.LengthDelimited, output => output.WriteBytes(ByteString.CopyFrom([.. message.bytes])));

    ProtobufWriter Add(int field, WireFormat.WireType type, Action<CodedOutputStream> write)
    {
        using var written = new MemoryStream();
        using (var output = new CodedOutputStream(written, leaveOpen: true))
        {
            output.WriteTag(field, type);
            write(output);
        }
        bytes.AddRange(written.ToArray());
        return this;
    }
}

using PretrainBaseModel.Text;

namespace PretrainBaseModel.Tests.Text;

/// <summary>The bytes of the encoding's own documentation, and of what lies at its edges.</summary>
public class ProtobufWriterTests
{
    [Fact]
    public void WritesTheBytesOfTheWireFormat()
    {
        Bytes(new ProtobufWriter().Add(1, 150)).Should().Be("089601");
        Bytes(new ProtobufWriter().Add(2, "testing")).Should().Be("120774657374696E67");
        Bytes(new ProtobufWriter().Add(3, new ProtobufWriter().Add(1, 150))).Should().Be("1A03089601");
        Bytes(new ProtobufWriter().Add(1, 0).Add(1, true)).Should().Be("08000801");
        Bytes(new ProtobufWriter().Add(2, -1.5f)).Should().Be("150000C0BF");
    }

    [Fact]
    public void HighFieldsAndNegativeNumbersTakeMoreBytes()
    {
        Bytes(new ProtobufWriter().Add(1, 127).Add(1, 128)).Should().Be("087F088001");
        Bytes(new ProtobufWriter().Add(41, 1)).Should().Be("C80201");
        Bytes(new ProtobufWriter().Add(41, -1)).Should().Be("C802FFFFFFFFFFFFFFFFFF01");
        Bytes(new ProtobufWriter().Add(1, "▁a")).Should().Be("0A04E2968161");
        Bytes(new ProtobufWriter().Add(1, new string('a', 200)))[..6].Should().Be("0AC801");
    }

    static string Bytes(ProtobufWriter message) => Convert.ToHexString(message.Bytes);
}

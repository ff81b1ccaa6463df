using System.Buffers.Binary;

namespace LoraComposition.Text;

/// <summary>Walks over the fields of one protobuf message, and refuses what leaves its bytes.</summary>
/// <param name="message">The message.</param>
/// <remarks>
/// Google.Protobuf is there, for the tokenizing package, but its <c>CodedInputStream</c> copies each piece: 9.8 MiB for a vocabulary of 32,100 in 0.7 MiB, where this
/// allocates nothing.
/// </remarks>
internal ref struct ProtobufReader(ReadOnlySpan<byte> message)
{
    const int VarintType = 0, Fixed64Type = 1, BytesType = 2, Fixed32Type = 5;

    ReadOnlySpan<byte> rest = message;
    ulong number;

    /// <summary>The number of the field that was read last.</summary>
    public int Field { get; private set; }

    /// <summary>The field's bytes: those of a text, a message or a number of fixed width; empty for a varint.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>The field as an integer.</summary>
    public readonly int Int32 => (int)number;

    /// <summary>The field as true or false.</summary>
    public readonly bool Flag => number != 0;

    /// <summary>The field as a float32.</summary>
    /// <exception cref="FormatException">The field is not four bytes wide.</exception>
    public readonly float Single => Bytes.Length == sizeof(float) ? BinaryPrimitives.ReadSingleLittleEndian(Bytes)
        : throw new FormatException($"field {Field} is {Bytes.Length} bytes wide, expected {sizeof(float)}");

    /// <summary>Goes to the next field.</summary>
    /// <returns>False at the end of the message.</returns>
    /// <exception cref="FormatException">The message is damaged.</exception>
    public bool Next()
    {
        if (rest.IsEmpty) return false;
        ulong key = Varint();
        Field = (int)Math.Min(key >> 3, int.MaxValue);
        number = 0;
        Bytes = default;
        switch ((int)(key & 7))
        {
            case VarintType: number = Varint(); break;
            case Fixed64Type: Bytes = Take(sizeof(ulong)); break;
            case BytesType: Bytes = Take(Varint()); break;
            case Fixed32Type: Bytes = Take(sizeof(uint)); break;
            case var other: throw new FormatException($"field {Field} has the unknown wire type {other}");
        }
        return true;
    }

    ulong Varint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte next = Take(1)[0];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }
        throw new FormatException("a number is longer than ten bytes");
    }

    ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)rest.Length) throw new FormatException($"field {Field} asks for {length} bytes where {rest.Length} are left");
        var taken = rest[..(int)length];
        rest = rest[(int)length..];
        return taken;
    }
}

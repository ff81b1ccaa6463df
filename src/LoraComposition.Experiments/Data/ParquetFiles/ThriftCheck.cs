namespace LoraComposition.Experiments;

/// <summary>
/// Walks over a value in Thrift's compact encoding and makes sure that it is whole and of the expected shape. Parquet.Net believes lengths and kinds:
/// a damaged footer can keep it busy for ever.
/// </summary>
internal ref struct ThriftCheck(ReadOnlySpan<byte> bytes)
{
    const int MaxDepth = 16;

    readonly ReadOnlySpan<byte> bytes = bytes;

    /// <summary>The position behind what was walked over.</summary>
    public int Position { get; private set; }

    /// <summary>The integers of the outermost struct, by field.</summary>
    public Dictionary<int, long> Integers { get; } = [];

    /// <summary>Walks over one value.</summary>
    /// <exception cref="InvalidDataException">The value is cut short, or is not of the shape.</exception>
    public void Struct(ThriftShape shape) => Struct(shape, 0);

    void Struct(ThriftShape? shape, int depth)
    {
        if (depth > MaxDepth) throw new InvalidDataException("the metadata is nested too deeply");
        int field = 0;
        var seen = new HashSet<int>();
        while (Byte() is not 0 and var head)
        {
            field = head >> 4 == 0 ? (int)ZigZag() : field + (head >> 4);
            if (!seen.Add(field)) throw new InvalidDataException($"field {field} of the metadata is there twice");
            var kind = (ThriftKind)(head & 15);
            var known = shape?.Fields?.GetValueOrDefault(field);
            if (known is not null && !known.Kinds.Contains(kind)) throw new InvalidDataException($"field {field} of the metadata is of kind {kind}");
            // In a struct the kind of a boolean is its value.
            if (kind is ThriftKind.True or ThriftKind.False) continue;
            if (depth == 0 && (kind is ThriftKind.Int32 or ThriftKind.Int64)) Integers[field] = ZigZag();
            else Value(kind, known, depth + 1);
        }
    }

    void Value(ThriftKind kind, ThriftShape? shape, int depth)
    {
        switch (kind)
        {
            case ThriftKind.True or ThriftKind.False or ThriftKind.Int8:
                Skip(1);
                break;
            case ThriftKind.Int16 or ThriftKind.Int32 or ThriftKind.Int64:
                ZigZag();
                break;
            case ThriftKind.Double:
                Skip(8);
                break;
            case ThriftKind.Bytes:
                Skip(Unsigned());
                break;
            case ThriftKind.List:
                List(shape?.Item, depth);
                break;
            case ThriftKind.Struct:
                Struct(shape, depth);
                break;
            default:
                // Parquet has no sets and no maps.
                throw new InvalidDataException($"the metadata holds a value of kind {kind}");
        }
    }

    void List(ThriftShape? item, int depth)
    {
        byte head = Byte();
        ulong count = head >> 4 == 15 ? Unsigned() : (ulong)(head >> 4);
        var kind = (ThriftKind)(head & 15);
        if (item is not null && count > 0 && !item.Kinds.Contains(kind)) throw new InvalidDataException($"a list of the metadata holds items of kind {kind}");
        // Every item takes at least a byte.
        if (count > (ulong)(bytes.Length - Position)) throw new InvalidDataException($"a list of the metadata has {count} items, more than the file has bytes");
        for (ulong i = 0; i < count; i++) Value(kind, item, depth);
    }

    byte Byte() => Position < bytes.Length ? bytes[Position++] : throw new InvalidDataException("the metadata is cut short");

    void Skip(ulong length)
    {
        if (length > (ulong)(bytes.Length - Position)) throw new InvalidDataException("the metadata is cut short");
        Position += (int)length;
    }

    long ZigZag() => Unsigned() is var value && (value & 1) == 0 ? (long)(value >> 1) : -(long)(value >> 1) - 1;

    ulong Unsigned()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte next = Byte();
            value |= (ulong)(next & 127) << shift;
            if (next < 128) return value;
        }
        throw new InvalidDataException("a number of the metadata has too many digits");
    }
}

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

/// <summary>The kinds of values in Thrift's compact encoding, by their numbers there.</summary>
internal enum ThriftKind
{
    True = 1,
    False = 2,
    Int8 = 3,
    Int16 = 4,
    Int32 = 5,
    Int64 = 6,
    Double = 7,
    Bytes = 8,
    List = 9,
    Set = 10,
    Map = 11,
    Struct = 12,
}

/// <summary>What a value of Parquet's metadata may be: a kind of Thrift's compact encoding, and for structs and lists what is inside.</summary>
/// <param name="Kinds">The kinds that the encoding may name.</param>
/// <param name="Fields">The fields of a struct that have a known shape, by their ids; the others may be anything that is well formed.</param>
/// <param name="Item">The items of a list.</param>
internal sealed record ThriftShape(IReadOnlyList<ThriftKind> Kinds, IReadOnlyDictionary<int, ThriftShape>? Fields = null, ThriftShape? Item = null)
{
    static readonly ThriftShape flag = new([ThriftKind.True, ThriftKind.False]);
    static readonly ThriftShape int16 = new([ThriftKind.Int16]);
    static readonly ThriftShape int32 = new([ThriftKind.Int32]);
    static readonly ThriftShape int64 = new([ThriftKind.Int64]);
    static readonly ThriftShape bytes = new([ThriftKind.Bytes]);
    static readonly ThriftShape empty = Struct();
    static readonly ThriftShape keyValue = Struct((1, bytes), (2, bytes));
    static readonly ThriftShape statistics = Struct((1, bytes), (2, bytes), (3, int64), (4, int64), (5, bytes), (6, bytes), (7, flag), (8, flag));

    static readonly ThriftShape timeUnit = Struct((1, empty), (2, empty), (3, empty));
    static readonly ThriftShape time = Struct((1, flag), (2, timeUnit));
    static readonly ThriftShape logicalType = Struct(
        (1, empty), (2, empty), (3, empty), (4, empty), (5, Struct((1, int32), (2, int32))), (6, empty), (7, time), (8, time),
        (10, Struct((1, new([ThriftKind.Int8])), (2, flag))), (11, empty), (12, empty), (13, empty), (14, empty), (15, empty),
            (16, Struct((1, new([ThriftKind.Int8])))),
        (17, Struct((1, bytes))), (18, Struct((1, bytes), (2, int32))));

    static readonly ThriftShape schemaElement = Struct(
        (1, int32), (2, int32), (3, int32), (4, bytes), (5, int32), (6, int32), (7, int32), (8, int32), (9, int32), (10, logicalType));

    static readonly ThriftShape columnMetaData = Struct(
        (1, int32), (2, List(int32)), (3, List(bytes)), (4, int32), (5, int64), (6, int64), (7, int64), (8, List(keyValue)), (9, int64), (10, int64),
            (11, int64), (12, statistics),
        (13, List(Struct((1, int32), (2, int32), (3, int32)))), (14, int64), (15, int32), (16, Struct((1, int64), (2, List(int64)), (3, List(int64)))));

    static readonly ThriftShape columnChunk = Struct((1, bytes), (2, int64), (3, columnMetaData), (4, int64), (5, int32), (6, int64), (7, int32), (8, Nothing),
        (9, Nothing));

    static readonly ThriftShape rowGroup = Struct(
        (1, List(columnChunk)), (2, int64), (3, int64), (4, List(Struct((1, int32), (2, flag), (3, flag)))), (5, int64), (6, int64), (7, int16));

    /// <summary>The footer of a file. Encrypted files are not read.</summary>
    public static ThriftShape FileMetaData { get; } = Struct(
        (1, int32), (2, List(schemaElement)), (3, int64), (4, List(rowGroup)), (5, List(keyValue)), (6, bytes), (7, List(Struct((1, empty)))), (8, Nothing),
            (9, Nothing));

    /// <summary>What stands before every page of a column.</summary>
    public static ThriftShape PageHeader { get; } = Struct(
        (1, int32), (2, int32), (3, int32), (4, int32),
        (5, Struct((1, int32), (2, int32), (3, int32), (4, int32), (5, statistics))), (6, empty), (7, Struct((1, int32), (2, int32), (3, flag))),
        (8, Struct((1, int32), (2, int32), (3, int32), (4, int32), (5, int32), (6, int32), (7, flag), (8, statistics))));

    /// <summary>No kind at all: the field must not be there.</summary>
    static ThriftShape Nothing => new([]);

    static ThriftShape Struct(params (int Id, ThriftShape Shape)[] fields) => new([ThriftKind.Struct], fields.ToDictionary(f => f.Id, f => f.Shape));

    static ThriftShape List(ThriftShape item) => new([ThriftKind.List], Item: item);
}

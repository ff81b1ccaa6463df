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
    static readonly ThriftShape Bool = new([ThriftKind.True, ThriftKind.False]);
    static readonly ThriftShape Int16 = new([ThriftKind.Int16]);
    static readonly ThriftShape Int32 = new([ThriftKind.Int32]);
    static readonly ThriftShape Int64 = new([ThriftKind.Int64]);
    static readonly ThriftShape Bytes = new([ThriftKind.Bytes]);
    static readonly ThriftShape Empty = Struct();
    static readonly ThriftShape KeyValue = Struct((1, Bytes), (2, Bytes));
    static readonly ThriftShape Statistics = Struct((1, Bytes), (2, Bytes), (3, Int64), (4, Int64), (5, Bytes), (6, Bytes), (7, Bool), (8, Bool));

    static readonly ThriftShape TimeUnit = Struct((1, Empty), (2, Empty), (3, Empty));
    static readonly ThriftShape Time = Struct((1, Bool), (2, TimeUnit));
    static readonly ThriftShape LogicalType = Struct(
        (1, Empty), (2, Empty), (3, Empty), (4, Empty), (5, Struct((1, Int32), (2, Int32))), (6, Empty), (7, Time), (8, Time),
        (10, Struct((1, new([ThriftKind.Int8])), (2, Bool))), (11, Empty), (12, Empty), (13, Empty), (14, Empty), (15, Empty),
            (16, Struct((1, new([ThriftKind.Int8])))),
        (17, Struct((1, Bytes))), (18, Struct((1, Bytes), (2, Int32))));

    static readonly ThriftShape SchemaElement = Struct(
        (1, Int32), (2, Int32), (3, Int32), (4, Bytes), (5, Int32), (6, Int32), (7, Int32), (8, Int32), (9, Int32), (10, LogicalType));

    static readonly ThriftShape ColumnMetaData = Struct(
        (1, Int32), (2, List(Int32)), (3, List(Bytes)), (4, Int32), (5, Int64), (6, Int64), (7, Int64), (8, List(KeyValue)), (9, Int64), (10, Int64),
            (11, Int64), (12, Statistics),
        (13, List(Struct((1, Int32), (2, Int32), (3, Int32)))), (14, Int64), (15, Int32), (16, Struct((1, Int64), (2, List(Int64)), (3, List(Int64)))));

    static readonly ThriftShape ColumnChunk = Struct((1, Bytes), (2, Int64), (3, ColumnMetaData), (4, Int64), (5, Int32), (6, Int64), (7, Int32), (8, Nothing),
        (9, Nothing));

    static readonly ThriftShape RowGroup = Struct(
        (1, List(ColumnChunk)), (2, Int64), (3, Int64), (4, List(Struct((1, Int32), (2, Bool), (3, Bool)))), (5, Int64), (6, Int64), (7, Int16));

    /// <summary>The footer of a file. Encrypted files are not read.</summary>
    public static ThriftShape FileMetaData { get; } = Struct(
        (1, Int32), (2, List(SchemaElement)), (3, Int64), (4, List(RowGroup)), (5, List(KeyValue)), (6, Bytes), (7, List(Struct((1, Empty)))), (8, Nothing),
            (9, Nothing));

    /// <summary>What stands before every page of a column.</summary>
    public static ThriftShape PageHeader { get; } = Struct(
        (1, Int32), (2, Int32), (3, Int32), (4, Int32),
        (5, Struct((1, Int32), (2, Int32), (3, Int32), (4, Int32), (5, Statistics))), (6, Empty), (7, Struct((1, Int32), (2, Int32), (3, Bool))),
        (8, Struct((1, Int32), (2, Int32), (3, Int32), (4, Int32), (5, Int32), (6, Int32), (7, Bool), (8, Statistics))));

    /// <summary>No kind at all: the field must not be there.</summary>
    static ThriftShape Nothing => new([]);

    static ThriftShape Struct(params (int Id, ThriftShape Shape)[] fields) => new([ThriftKind.Struct], fields.ToDictionary(f => f.Id, f => f.Shape));

    static ThriftShape List(ThriftShape item) => new([ThriftKind.List], Item: item);
}

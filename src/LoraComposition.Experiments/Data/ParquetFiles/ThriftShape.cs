namespace LoraComposition.Experiments;

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
        (10, Struct((1, new([ThriftKind.Int8])), (2, Bool))), (11, Empty), (12, Empty), (13, Empty), (14, Empty), (15, Empty), (16, Struct((1, new([ThriftKind.Int8])))),
        (17, Struct((1, Bytes))), (18, Struct((1, Bytes), (2, Int32))));

    static readonly ThriftShape SchemaElement = Struct(
        (1, Int32), (2, Int32), (3, Int32), (4, Bytes), (5, Int32), (6, Int32), (7, Int32), (8, Int32), (9, Int32), (10, LogicalType));

    static readonly ThriftShape ColumnMetaData = Struct(
        (1, Int32), (2, List(Int32)), (3, List(Bytes)), (4, Int32), (5, Int64), (6, Int64), (7, Int64), (8, List(KeyValue)), (9, Int64), (10, Int64), (11, Int64), (12, Statistics),
        (13, List(Struct((1, Int32), (2, Int32), (3, Int32)))), (14, Int64), (15, Int32), (16, Struct((1, Int64), (2, List(Int64)), (3, List(Int64)))));

    static readonly ThriftShape ColumnChunk = Struct((1, Bytes), (2, Int64), (3, ColumnMetaData), (4, Int64), (5, Int32), (6, Int64), (7, Int32), (8, Nothing), (9, Nothing));

    static readonly ThriftShape RowGroup = Struct(
        (1, List(ColumnChunk)), (2, Int64), (3, Int64), (4, List(Struct((1, Int32), (2, Bool), (3, Bool)))), (5, Int64), (6, Int64), (7, Int16));

    /// <summary>The footer of a file. Encrypted files are not read.</summary>
    public static ThriftShape FileMetaData { get; } = Struct(
        (1, Int32), (2, List(SchemaElement)), (3, Int64), (4, List(RowGroup)), (5, List(KeyValue)), (6, Bytes), (7, List(Struct((1, Empty)))), (8, Nothing), (9, Nothing));

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

namespace LoraComposition.Experiments;

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

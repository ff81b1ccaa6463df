using System.Buffers.Binary;

namespace LoraComposition.Experiments;

/// <summary>Makes sure of what a Parquet file says about itself, before Parquet.Net believes it.</summary>
internal static class ParquetCheck
{
    public const int HeadLength = 4;
    public const int TailLength = 8;

    /// <summary>The length of the footer, from the last bytes of a file.</summary>
    public static int FooterLength(ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail, long fileLength)
    {
        if (!head.SequenceEqual("PAR1"u8) || !tail.EndsWith("PAR1"u8)) throw new InvalidDataException("it does not begin and end with PAR1");
        int length = BinaryPrimitives.ReadInt32LittleEndian(tail);
        if (length <= 0 || length > fileLength - HeadLength - TailLength) throw new InvalidDataException($"its footer has {length} bytes");
        return length;
    }

    /// <summary>Checks the shape of a footer and that nothing follows it.</summary>
    public static void Footer(ReadOnlySpan<byte> footer)
    {
        var check = new ThriftCheck(footer);
        check.Struct(ThriftShape.FileMetaData);
        if (check.Position != footer.Length) throw new InvalidDataException($"its footer ends after {check.Position} of {footer.Length} bytes");
    }

    /// <summary>Checks the headers of a column's pages; gives the number of bytes that they unpack to.</summary>
    public static long Pages(ReadOnlySpan<byte> chunk)
    {
        long unpacked = 0;
        while (!chunk.IsEmpty)
        {
            var check = new ThriftCheck(chunk);
            check.Struct(ThriftShape.PageHeader);
            long bytes = check.Integers.GetValueOrDefault(2, -1), packed = check.Integers.GetValueOrDefault(3, -1);
            if (bytes < 0 || packed < 0 || packed > chunk.Length - check.Position) throw new InvalidDataException($"a page has {packed} bytes and unpacks to {bytes}");
            unpacked += bytes;
            chunk = chunk[(check.Position + (int)packed)..];
        }
        return unpacked;
    }
}

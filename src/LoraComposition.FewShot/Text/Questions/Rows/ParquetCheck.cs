using System.Buffers.Binary;
using Parquet.Meta;

namespace LoraComposition.FewShot.Text.Questions.Rows;

/// <summary>Makes sure of what a Parquet file says about itself, before Parquet.Net believes it.</summary>
internal static class ParquetCheck
{
    private const int TailLength = 8;

    /// <summary>Checks the footer: its length, its shape and that nothing follows it.</summary>
    public static void Footer(ReadOnlySpan<byte> file)
    {
        if (file.Length < 4 + TailLength || !file.StartsWith("PAR1"u8) || !file.EndsWith("PAR1"u8)) throw new InvalidDataException("it does not begin and end with PAR1");
        int length = BinaryPrimitives.ReadInt32LittleEndian(file[^TailLength..]);
        if (length <= 0 || length > file.Length - 4 - TailLength) throw new InvalidDataException($"its footer has {length} bytes");
        var check = new ThriftCheck(file.Slice(file.Length - TailLength - length, length));
        check.Struct(ThriftShape.FileMetaData);
        if (check.Position != length) throw new InvalidDataException($"its footer ends after {check.Position} of {length} bytes");
    }

    /// <summary>Checks the headers of a column's pages; gives the number of bytes that they unpack to.</summary>
    public static long Pages(ReadOnlySpan<byte> file, ColumnMetaData column)
    {
        long start = column.DictionaryPageOffset is { } dictionary and > 0 ? Math.Min(dictionary, column.DataPageOffset) : column.DataPageOffset;
        if (start < 4 || start > file.Length || column.TotalCompressedSize > file.Length - start) throw new InvalidDataException("a column lies outside of the file");
        var chunk = file.Slice((int)start, (int)column.TotalCompressedSize);
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

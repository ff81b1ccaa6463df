using System.Buffers.Binary;
using LoraComposition.FewShot;
using Parquet.Data;
using Parquet.Schema;

namespace LoraComposition.Experiments;

/// <summary>
/// Reads a column of texts, bytes, integers or lists of texts, one value per row: a <see cref="string"/>, an array of bytes, a <see cref="long"/>, a list of
/// texts, or null.
/// </summary>
internal static class ParquetColumnReader
{
    /// <summary>Whether a column holds texts, integers or lists of them, which is all that questions need.</summary>
    public static bool CanRead(DataField field) =>
        field.MaxRepetitionLevel <= 1 && (field.ClrType == typeof(ReadOnlyMemory<char>) || field.ClrType == typeof(int) || field.ClrType == typeof(long));

    /// <summary>Reads one column of one row group.</summary>
    public static object?[] Read(ParquetFile parquet, int group, DataField field, long maxBytes, int valuesPerRow)
    {
        string file = parquet.Path;
        int rows = parquet.GroupRows[group];
        using var data = parquet.ReadColumn(group, field, maxBytes, valuesPerRow);
        long copied = 0;

        // Many rows may point to one long entry of a dictionary.
        TCopy Copied<TCopy>(int length, Func<TCopy> copy) => (copied += length) <= maxBytes ? copy()
            : throw new DataException(file,
                $"column '{field.Path}': expected at most {maxBytes} bytes in a row group, found more; write the file with smaller row groups.");

        var cells = data switch
        {
            RawColumnData<ReadOnlyMemory<char>> texts => Cells(file, field, texts, text => Copied(text.Length, () => text.ToString())),
            RawColumnData<int> numbers => Cells(file, field, numbers, number => (long)number),
            RawColumnData<long> numbers => Cells(file, field, numbers, number => number),
            RawColumnData<ReadOnlyMemory<byte>> bytes => Cells(file, field, bytes, content => Copied(content.Length, () => content.ToArray())),
            _ => throw new DataException(file, $"column '{field.Path}': expected texts, bytes or integers, found {field.ClrType.Name}."),
        };
        return field.MaxRepetitionLevel == 0 ? Single(file, field, cells, rows) : Lists(file, field, cells, rows);
    }

    /// <summary>Every entry of the column with whether it goes on with the row before it; the values of missing ones are null.</summary>
    static List<(object? Value, bool Continues)> Cells<T>(string file, DataField field, RawColumnData<T> data, Func<T, object> convert) where T : struct
    {
        var values = data.Values;
        var defined = field.MaxDefinitionLevel > 0 ? data.DefinitionLevels : [];
        var repeated = field.MaxRepetitionLevel > 0 ? data.RepetitionLevels : [];
        int count = field.MaxDefinitionLevel > 0 ? defined.Length : field.MaxRepetitionLevel > 0 ? repeated.Length : values.Length;
        if (repeated.Length != 0 && repeated.Length != count) throw Damaged(file, field);

        // Only the values that are there are stored.
        var cells = new List<(object?, bool)>(count);
        int next = 0;
        for (int i = 0; i < count; i++)
        {
            bool there = defined.Length == 0 || defined[i] == field.MaxDefinitionLevel;
            if (there && next >= values.Length) throw Damaged(file, field);
            cells.Add((there ? convert(values[next++]) : null, repeated.Length != 0 && repeated[i] != 0));
        }
        return cells;
    }

    static object?[] Single(string file, DataField field, List<(object? Value, bool Continues)> cells, int rows) =>
        cells.Count == rows ? [.. cells.Select(c => c.Value)] : throw Damaged(file, field);

    static object?[] Lists(string file, DataField field, List<(object? Value, bool Continues)> cells, int rows)
    {
        var lists = new List<object?>(rows);
        foreach (var (value, continues) in cells)
        {
            // A row that begins with nothing is a missing or empty list; nothing inside a list makes the whole list unusable.
            if (!continues) lists.Add(value is string first ? new List<string> { first } : new List<string>());
            else if (lists.Count == 0) throw Damaged(file, field);
            else if (value is string text && lists[^1] is List<string> { Count: > 0 } list) list.Add(text);
            else lists[^1] = null;
        }
        return lists.Count == rows ? [.. lists] : throw Damaged(file, field);
    }

    static DataException Damaged(string file, DataField field) => new(file,
        $"column '{field.Path}': expected one value per row, found another number; the file is damaged.");
}

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
            if (bytes < 0 || packed < 0 || packed > chunk.Length - check.Position)
                throw new InvalidDataException($"a page has {packed} bytes and unpacks to {bytes}");
            unpacked += bytes;
            chunk = chunk[(check.Position + (int)packed)..];
        }
        return unpacked;
    }
}

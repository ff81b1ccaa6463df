using LoraComposition.FewShot;
using Microsoft.Win32.SafeHandles;
using Parquet;
using Parquet.Data;
using Parquet.Meta;
using Parquet.Schema;

namespace LoraComposition.Experiments;

/// <summary>A Parquet file of which the footer is in memory. Columns are read when asked for, one row group at a time; no file is held open.</summary>
/// <remarks>Immutable. Parquet.Net decodes texts: bytes that are not UTF-8 arrive as U+FFFD.</remarks>
internal sealed class ParquetFile
{
    const int MaxFooterLength = 64 * 1024 * 1024;

    readonly byte[] head = new byte[ParquetCheck.HeadLength];
    readonly byte[] end;
    readonly IReadOnlyList<IReadOnlyDictionary<DataField, ColumnMetaData>> columns;

    ParquetFile(string path, long maxLength)
    {
        Path = path;
        using var handle = OpenHandle();
        Length = RandomAccess.GetLength(handle);
        if (Length > maxLength) throw new DataException(path, $"expected at most {maxLength} bytes, found {Length}; split the file or remove it.");
        byte[] tail = new byte[ParquetCheck.TailLength];
        if (Length < head.Length + tail.Length) throw new InvalidDataException("it is too short");
        Fill(handle, head, 0);
        Fill(handle, tail, Length - tail.Length);
        int footer = ParquetCheck.FooterLength(head, tail, Length);
        if (footer > MaxFooterLength) throw new InvalidDataException($"its footer has {footer} bytes, expected at most {MaxFooterLength}");
        end = new byte[footer + tail.Length];
        Fill(handle, end, Length - end.Length);
        ParquetCheck.Footer(end.AsSpan(0, footer));
        (Fields, Metadata, GroupRows, columns) = ReadFooter();
    }

    public string Path { get; }

    public long Length { get; }

    /// <summary>What the file says about its columns, their places, sizes and extremes.</summary>
    public ReadOnlySpan<byte> Footer => end.AsSpan(0, end.Length - ParquetCheck.TailLength);

    public IReadOnlyList<DataField> Fields { get; }

    /// <summary>The texts that whoever wrote the file added to it.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The number of rows of each row group.</summary>
    public IReadOnlyList<int> GroupRows { get; }

    /// <summary>Reads the footer of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxLength">The largest file to accept, in bytes.</param>
    /// <param name="maxRows">The largest number of rows to accept.</param>
    /// <exception cref="DataException">The file is missing, too large or damaged.</exception>
    public static ParquetFile Open(string path, long maxLength, int maxRows)
    {
        var file = Guarded(path, () => new ParquetFile(path, maxLength));
        long rows = file.GroupRows.Sum(r => (long)r);
        return rows <= maxRows ? file : throw new DataException(path, $"expected at most {maxRows} rows, found {rows}; split the file.");
    }

    /// <summary>Reads one column of one row group.</summary>
    /// <param name="group">The row group.</param>
    /// <param name="field">One of <see cref="Fields"/>.</param>
    /// <param name="maxBytes">The largest size to accept, unpacked.</param>
    /// <param name="valuesPerRow">The largest number of values to accept for every row.</param>
    /// <returns>The values, which the caller disposes.</returns>
    /// <exception cref="DataException">The file is damaged, too large, or was changed since it was opened.</exception>
    public RawColumnData ReadColumn(int group, DataField field, long maxBytes, int valuesPerRow) => Guarded(Path, () =>
    {
        var column = columns[group].GetValueOrDefault(field) ?? throw new DataException(Path,
            $"column '{field.Path}': the file says nothing about it; the file is damaged.");
        CheckSizes(column, field, GroupRows[group], valuesPerRow);
        long start = column.DictionaryPageOffset is { } dictionary and > 0 ? Math.Min(dictionary, column.DataPageOffset) : column.DataPageOffset;
        if (start < head.Length || start > Length - end.Length || column.TotalCompressedSize > Length - end.Length - start)
            throw new InvalidDataException("a column lies outside of the file");
        if (column.TotalCompressedSize > maxBytes) throw TooLarge(field, maxBytes);

        byte[] chunk = new byte[column.TotalCompressedSize];
        using (var handle = OpenHandle())
        {
            if (RandomAccess.GetLength(handle) != Length) throw new DataException(Path, "the file was changed while it was in use; open it again.");
            Fill(handle, chunk, start);
        }
        if (ParquetCheck.Pages(chunk) > maxBytes) throw TooLarge(field, maxBytes);
        using var stream = new PartialFileStream(Length, (0, head), (start, chunk), (Length - end.Length, end));
        return InReader(stream, reader =>
        {
            using var rows = reader.OpenRowGroupReader(group);
            // The bytes are in memory: the task is complete when it returns.
            return rows.ReadRawColumnDataBaseAsync(field, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        });
    });

    (IReadOnlyList<DataField>, IReadOnlyDictionary<string, string>, IReadOnlyList<int>, IReadOnlyList<IReadOnlyDictionary<DataField, ColumnMetaData>>) ReadFooter()
    {
        using var stream = new PartialFileStream(Length, (0, head), (Length - end.Length, end));
        return InReader(stream, reader =>
        {
            DataField[] fields = reader.Schema.DataFields;
            int[] rows = new int[reader.RowGroupCount];
            var groups = new Dictionary<DataField, ColumnMetaData>[rows.Length];
            for (int i = 0; i < rows.Length; i++)
            {
                using var group = reader.OpenRowGroupReader(i);
                if (group.RowCount is < 0 or > int.MaxValue) throw new InvalidDataException($"row group {i} has {group.RowCount} rows");
                rows[i] = (int)group.RowCount;
                groups[i] = new(ReferenceEqualityComparer.Instance);
                foreach (var field in fields)
                {
                    if (group.GetMetadata(field)?.MetaData is { } column) groups[i][field] = column;
                }
            }
            return ((IReadOnlyList<DataField>)fields, (IReadOnlyDictionary<string, string>)new Dictionary<string, string>(reader.CustomMetadata),
                (IReadOnlyList<int>)rows, (IReadOnlyList<IReadOnlyDictionary<DataField, ColumnMetaData>>)groups);
        });
    }

    // What the file says of its sizes is checked before memory is set aside for it.
    void CheckSizes(ColumnMetaData column, DataField field, int rows, int valuesPerRow)
    {
        if (column.NumValues < 0 || column.NumValues > (long)valuesPerRow * Math.Max(rows, 1))
            throw new DataException(Path, $"column '{field.Path}': expected at most {valuesPerRow} values per row, found {column.NumValues} in {rows} rows.");
        if (column.TotalCompressedSize < 0 || column.TotalCompressedSize > Length)
            throw new DataException(Path,
                $"column '{field.Path}': expected at most the file's {Length} bytes, found {column.TotalCompressedSize}; the file is damaged.");
    }

    DataException TooLarge(DataField field, long maxBytes) => new(Path,
        $"column '{field.Path}': expected at most {maxBytes} unpacked bytes in a row group, found more; write the file with smaller row groups.");

    SafeFileHandle OpenHandle()
    {
        if (!File.Exists(Path)) throw new DataException(Path, "the file is missing.");
        var target = File.ResolveLinkTarget(Path, returnFinalTarget: true) as FileInfo ?? new FileInfo(Path);
        // A pipe or a device reports no length; opening one would wait for its writer.
        if (target.Length == 0) throw new DataException(Path, "the file is empty, or is not a regular file.");
        return File.OpenHandle(target.FullName);
    }

    static void Fill(SafeFileHandle handle, Span<byte> buffer, long offset)
    {
        while (!buffer.IsEmpty)
        {
            int read = RandomAccess.Read(handle, buffer, offset);
            if (read == 0) throw new EndOfStreamException("the file ended while it was read");
            buffer = buffer[read..];
            offset += read;
        }
    }

    static T InReader<T>(Stream stream, Func<ParquetReader, T> use)
    {
        return ReadAsync().GetAwaiter().GetResult();

        async Task<T> ReadAsync()
        {
            await using var reader = await ParquetReader.CreateAsync(stream, leaveStreamOpen: true).ConfigureAwait(false);
            return use(reader);
        }
    }

    static T Guarded<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is not DataException)
        {
            // The library meets damage with whatever exception it runs into.
            throw new DataException(path,
                $"expected a whole Parquet file, but it cannot be read ({e.GetType().Name}: {e.Message.TrimEnd('.')}); replace the file.", e);
        }
    }
}

/// <summary>A file of which some parts are in memory. Reading anywhere else is damage: only the parts were checked.</summary>
/// <param name="length">The length of the whole file.</param>
/// <param name="parts">Where each part begins, and its bytes.</param>
internal sealed class PartialFileStream(long length, params IReadOnlyList<(long Start, ReadOnlyMemory<byte> Bytes)> parts) : Stream
{
    long position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position { get => position; set => position = value; }

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty) return 0;
        foreach (var (start, bytes) in parts)
        {
            if (position < start || position >= start + bytes.Length) continue;
            var from = bytes.Span[(int)(position - start)..];
            int count = Math.Min(from.Length, buffer.Length);
            from[..count].CopyTo(buffer);
            position += count;
            return count;
        }
        throw new InvalidDataException($"the metadata points to byte {position}, where nothing was expected");
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => Task.FromResult(Read(buffer, offset, count));

    public override long Seek(long offset, SeekOrigin origin) => position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => position + offset,
        _ => length + offset,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}

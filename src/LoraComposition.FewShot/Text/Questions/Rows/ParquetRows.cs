using LoraComposition.FewShot.Data;
using Parquet;
using Parquet.Schema;

namespace LoraComposition.FewShot.Text.Questions.Rows;

/// <summary>Reads the rows of a Parquet file, as the model hub stores data sets.</summary>
/// <remarks>Parquet.Net decodes the texts: bytes that are not UTF-8 arrive as U+FFFD.</remarks>
internal static class ParquetRows
{
    public static IReadOnlyList<QuestionRow> Read(string file)
    {
        byte[] bytes = QuestionFileBytes.Read(file);
        try
        {
            return ReadAsync(file, bytes).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is not DataException)
        {
            // The library meets damage with whatever exception it runs into.
            throw new DataException(file, $"expected a whole Parquet file, but it cannot be read ({e.GetType().Name}: {e.Message.TrimEnd('.')}); replace the file.", e);
        }
    }

    private static async Task<IReadOnlyList<QuestionRow>> ReadAsync(string file, byte[] bytes)
    {
        ParquetCheck.Footer(bytes);
        using var stream = new MemoryStream(bytes, writable: false);
        await using var reader = await ParquetReader.CreateAsync(stream).ConfigureAwait(false);
        var rows = new List<QuestionRow>();
        for (int i = 0; i < reader.RowGroupCount; i++)
        {
            using var group = reader.OpenRowGroupReader(i);
            CheckSizes(file, group, reader.Schema.DataFields, bytes, rows.Count);
            int count = (int)group.RowCount, before = rows.Count;
            var columns = new Dictionary<string, object?[]>(StringComparer.Ordinal);
            foreach (var field in reader.Schema.DataFields)
            {
                if (ParquetColumnReader.Read(file, group, field, count) is { } column) columns[NameOf(field)] = column;
            }
            for (int row = 0; row < count; row++) rows.Add(new ParquetRow(file, $"row {before + row + 1}", columns, row));
        }
        return rows;
    }

    /// <summary>The path without the two levels that only say that it is a list.</summary>
    private static string NameOf(DataField field)
    {
        var path = field.Path.ToList();
        return string.Join('.', field.MaxRepetitionLevel == 1 && path.Count > 2 ? path.Take(path.Count - 2) : path);
    }

    // What the file says of its sizes is checked before memory is set aside for it.
    private static void CheckSizes(string file, ParquetRowGroupReader group, IReadOnlyList<DataField> fields, byte[] bytes, int before)
    {
        if (group.RowCount < 0 || group.RowCount > JsonRows.MaxRows - before)
            throw new DataException(file, $"expected at most {JsonRows.MaxRows} rows, found {before + group.RowCount}; split the file.");
        long total = 0;
        foreach (var field in fields)
        {
            var column = group.GetMetadata(field)?.MetaData ?? throw new DataException(file, $"column '{field.Path}': the file says nothing about it; the file is damaged.");
            if (column.NumValues < 0 || column.NumValues > QuestionRow.MaxOptions * Math.Max(group.RowCount, 1))
                throw new DataException(file, $"column '{field.Path}': expected at most {QuestionRow.MaxOptions} values per row, found {column.NumValues} in {group.RowCount} rows.");
            if (column.TotalCompressedSize < 0 || column.TotalCompressedSize > bytes.Length)
                throw new DataException(file, $"column '{field.Path}': expected at most the file's {bytes.Length} bytes, found {column.TotalCompressedSize}; the file is damaged.");
            if ((total += ParquetCheck.Pages(bytes, column)) > QuestionFileBytes.MaxLength)
                throw new DataException(file, $"expected at most {QuestionFileBytes.MaxLength} unpacked bytes, found more; split the file.");
        }
    }
}

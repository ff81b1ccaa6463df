using Parquet.Schema;

namespace LoraComposition.Experiments;

/// <summary>Reads the rows of a Parquet file, as the model hub stores data sets.</summary>
internal static class ParquetRows
{
    public static IReadOnlyList<QuestionRow> Read(string path)
    {
        var file = ParquetFile.Open(path, QuestionFileBytes.MaxLength, JsonRows.MaxRows);
        var rows = new List<QuestionRow>();
        for (int group = 0; group < file.GroupRows.Count; group++)
        {
            int count = file.GroupRows[group], before = rows.Count;
            var columns = new Dictionary<string, object?[]>(StringComparer.Ordinal);
            foreach (var field in file.Fields.Where(ParquetColumnReader.CanRead))
                columns[NameOf(field)] = ParquetColumnReader.Read(file, group, field, QuestionFileBytes.MaxLength, QuestionRow.MaxOptions);
            for (int row = 0; row < count; row++) rows.Add(new ParquetRow(path, $"row {before + row + 1}", columns, row));
        }
        return rows;
    }

    /// <summary>The path without the two levels that only say that it is a list.</summary>
    static string NameOf(DataField field)
    {
        var path = field.Path.ToList();
        return string.Join('.', field.MaxRepetitionLevel == 1 && path.Count > 2 ? path.Take(path.Count - 2) : path);
    }
}

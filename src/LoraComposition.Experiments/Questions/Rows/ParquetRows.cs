using LoraComposition.FewShot;
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

/// <summary>A row of a Parquet file.</summary>
internal sealed class ParquetRow(string file, string place, IReadOnlyDictionary<string, object?[]> columns, int row) : QuestionRow(file, place)
{
    public override bool Has(params ReadOnlySpan<string> path) => columns.TryGetValue(NameOf(path), out var column) && column[row] is not null;

    public override string Text(params ReadOnlySpan<string> path) => Value(path) switch
    {
        string text => Checked(text, path),
        var other => throw Unexpected(path, "a text", Kind(other)),
    };

    public override IReadOnlyList<string> Texts(params ReadOnlySpan<string> path)
    {
        if (Value(path) is not IReadOnlyList<string> texts) throw Unexpected(path, "a list of texts", Kind(Value(path)));
        if (texts.Count > MaxOptions) throw Unexpected(path, $"a list of at most {MaxOptions}", $"{texts.Count} items");
        foreach (string text in texts) Checked(text, path);
        return texts;
    }

    public override int Integer(params ReadOnlySpan<string> path) => Value(path) switch
    {
        long and >= 0 and <= int.MaxValue and var value => (int)value,
        string text => Parsed(text, path),
        var other => throw Unexpected(path, "an integer of at least 0", Kind(other)),
    };

    object? Value(ReadOnlySpan<string> path) =>
        columns.TryGetValue(NameOf(path), out var column) ? column[row]
            : throw Refused($"expected a column '{NameOf(path)}', found none; give the data set's own Parquet file.");

    static string Kind(object? value) => value switch { null => "null", string => "a text", long number => $"{number}", _ => "a list" };
}

using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

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
        columns.TryGetValue(NameOf(path), out var column) ? column[row] : throw Refused($"expected a column '{NameOf(path)}', found none; give the data set's own Parquet file.");

    static string Kind(object? value) => value switch { null => "null", string => "a text", long number => $"{number}", _ => "a list" };
}

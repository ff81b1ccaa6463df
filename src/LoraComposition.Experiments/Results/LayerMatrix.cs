using System.Text.Json;
using System.Text.Json.Serialization;
using LoraComposition.FewShot;
using LoraComposition.Files;

namespace LoraComposition.Experiments;

/// <summary>
/// Numbers by layer and module, as Figs. 7 and 8 of arXiv:2402.15414 show them: weights, similarities, norms. Kept as <c>matrices/*.json</c> beside an
/// experiment's <c>runs</c>, where reports find it and draw it as a heat map.
/// </summary>
/// <param name="Title">What the numbers are.</param>
/// <param name="Rows">The names of the rows, for example the layers; each once.</param>
/// <param name="Columns">The names of the columns, for example the modules; each once.</param>
/// <param name="Values">For each row one finite number per column.</param>
public sealed record LayerMatrix(string Title, IReadOnlyList<string> Rows, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<double>> Values)
{
    const int MostCells = 20_000, LongestName = 200;

    /// <summary>Reads a matrix that <see cref="Save"/> wrote.</summary>
    /// <param name="path">The JSON file.</param>
    /// <returns>The matrix.</returns>
    /// <exception cref="RunFileException">The file is missing, too long, no JSON, or not such a matrix.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static LayerMatrix Load(string path) => LayerMatrixJson.Read(path);

    /// <summary>Writes the matrix as JSON, whole or not at all; the same matrix gives the same bytes.</summary>
    /// <param name="path">The file; its folder is created where it is missing.</param>
    /// <exception cref="ArgumentException">The matrix cannot be: no row or column, a name twice, a row of another length, a number that is not finite, more
    /// than 20,000 numbers.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (Problem() is { } problem) throw new ArgumentException($"The matrix '{Title}': {problem}.");
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        AtomicFile.Write(path, stream => LayerMatrixJson.Write(this, stream));
    }

    /// <summary>The first thing that cannot be, in words; <see langword="null"/> where there is none.</summary>
    internal string? Problem()
    {
        if (!IsName(Title)) return $"expected a title of 1 to {LongestName} characters without control characters";
        if (Rows.Count == 0 || Columns.Count == 0) return $"expected at least one row and column, found {Rows.Count} and {Columns.Count}";
        if ((long)Rows.Count * Columns.Count > MostCells) return $"expected at most {MostCells} numbers, found {Rows.Count} rows of {Columns.Count}";
        foreach (var (what, names) in new[] { ("row", Rows), ("column", Columns) })
        {
            if (!names.All(IsName)) return $"expected {what} names of 1 to {LongestName} characters without control characters";
            if (names.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
                return $"the {what} '{twice.Key}' occurs twice";
        }
        if (Values.Count != Rows.Count) return $"expected values for {Rows.Count} rows, found {Values.Count}";
        for (int row = 0; row < Rows.Count; row++)
        {
            if (Values[row]?.Count != Columns.Count) return $"row '{Rows[row]}': expected {Columns.Count} values, found {Values[row]?.Count ?? 0}";
            if (!Values[row].All(double.IsFinite)) return $"row '{Rows[row]}': expected finite values";
        }
        return null;
    }

    static bool IsName(string? name) => !string.IsNullOrWhiteSpace(name) && name.Length <= LongestName && !name.Any(char.IsControl);
}

/// <summary>Arithmetic on matrices by layer and module.</summary>
public static class LayerMatrices
{
    /// <summary>The mean of matrices of the same layers and modules, cell by cell.</summary>
    /// <param name="title">The title of the mean.</param>
    /// <param name="matrices">The matrices, at least one.</param>
    /// <returns>The mean.</returns>
    /// <exception cref="ArgumentException">There is no matrix, or their rows or columns differ.</exception>
    public static LayerMatrix Mean(string title, IReadOnlyList<LayerMatrix> matrices)
    {
        ArgumentNullException.ThrowIfNull(matrices);
        if (matrices.Count == 0) throw new ArgumentException("There is no matrix.", nameof(matrices));
        var first = matrices[0];
        foreach (var other in matrices)
            if (!other.Rows.SequenceEqual(first.Rows) || !other.Columns.SequenceEqual(first.Columns))
                throw new ArgumentException($"The matrices '{first.Title}' and '{other.Title}' have not the same rows and columns.", nameof(matrices));
        return first with
        {
            Title = title,
            Values = [.. first.Rows.Select((_, row) =>
            (IReadOnlyList<double>)[.. first.Columns.Select((_, column) => matrices.Average(m => m.Values[row][column]))])]
        };
    }
}

/// <summary>The JSON of a matrix: camelCase, one row of numbers a line, a missing or null member is an error.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(LayerMatrix))]
[JsonSerializable(typeof(IReadOnlyList<double>))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
sealed partial class LayerMatrixJson : JsonSerializerContext
{
    const int LongestFile = 16 << 20;

    public static LayerMatrix Read(string path)
    {
        LayerMatrix? matrix;
        try
        {
            matrix = JsonSerializer.Deserialize(OutsideFile.Read(path, LongestFile, RunFileException.For(path)), Default.LayerMatrix);
        }
        catch (JsonException e)
        {
            throw Damaged(path, e.Message, e);
        }
        string? problem = matrix is null ? "expected a matrix, found null" : matrix.Problem();
        return problem is null ? matrix! : throw Damaged(path, problem, null);
    }

    public static void Write(LayerMatrix matrix, Stream stream)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" });
        json.WriteStartObject();
        json.WriteString("title", matrix.Title);
        json.WritePropertyName("rows");
        json.WriteRawValue(JsonSerializer.Serialize(matrix.Rows, Default.IReadOnlyListString));
        json.WritePropertyName("columns");
        json.WriteRawValue(JsonSerializer.Serialize(matrix.Columns, Default.IReadOnlyListString));
        json.WriteStartArray("values");
        foreach (var row in matrix.Values) json.WriteRawValue(JsonSerializer.Serialize(row, Default.IReadOnlyListDouble));
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        stream.WriteByte((byte)'\n');
    }

    static RunFileException Damaged(string path, string what, Exception? inner) =>
        new(path, $"expected a matrix as JSON (title, rows, columns, values), but it is damaged: {what.TrimEnd('.')}. Delete the file or write it again.", inner);
}

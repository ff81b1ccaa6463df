using System.Text.Json;
using System.Text.Json.Serialization;
using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

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
            matrix = JsonSerializer.Deserialize(SmallFile.Read(path, LongestFile), Default.LayerMatrix);
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

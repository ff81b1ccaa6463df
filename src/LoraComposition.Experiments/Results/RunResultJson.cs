using System.Text.Json;
using System.Text.Json.Serialization;

namespace LoraComposition.Experiments;

/// <summary>The JSON of a run's file: camelCase, indented, the same bytes on every system; a missing or null member is an error.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    NewLine = "\n",
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(OneLineIntegers)])]
[JsonSerializable(typeof(RunResult))]
sealed partial class RunResultJson : JsonSerializerContext;

/// <summary>Writes integers on one line, since indented output would give each of 50,000 sample indices its own.</summary>
sealed class OneLineIntegers : JsonConverter<IReadOnlyList<int>>
{
    public override IReadOnlyList<int> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray) throw new JsonException("expected an array of integers");
        var numbers = new List<int>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out int number)) throw new JsonException("expected an integer");
            numbers.Add(number);
        }
        return numbers;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<int> value, JsonSerializerOptions options) =>
        writer.WriteRawValue($"[{string.Join(',', value)}]");
}

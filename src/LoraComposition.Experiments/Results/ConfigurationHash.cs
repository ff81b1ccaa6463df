using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace LoraComposition.Experiments;

/// <summary>
/// Says whether two configurations are the same: the SHA-256 of the configuration as canonical JSON, that is without white space, with
/// the members of every object in ordinal order, and with one spelling per number (<c>1</c>, <c>1.0</c> and <c>1e0</c> agree).
/// </summary>
internal static class ConfigurationHash
{
    static readonly JsonSerializerOptions options = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };

    /// <summary>The hash of a configuration.</summary>
    /// <param name="configuration">An options object, or a <see cref="JsonElement"/> or JSON node.</param>
    /// <returns>64 lower-case hexadecimal digits.</returns>
    /// <exception cref="NotSupportedException">The object cannot be written as JSON.</exception>
    public static string Of(object configuration) => Convert.ToHexStringLower(SHA256.HashData(Bytes(ToJson(configuration))));

    /// <summary>A part of a configuration in the form that is hashed: two parts with one text are the same.</summary>
    /// <param name="part">The part.</param>
    public static string Canonical(JsonElement part) => Encoding.UTF8.GetString(Bytes(part));

    /// <summary>The configuration as JSON, as <see cref="RunResult.Configuration"/> holds it: camelCase, enums by name. Its hash is that of the object.</summary>
    /// <param name="configuration">An options object, or a <see cref="JsonElement"/> or JSON node.</param>
    /// <returns>The JSON.</returns>
    /// <exception cref="NotSupportedException">The object cannot be written as JSON.</exception>
    public static JsonElement ToJson(object configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return JsonSerializer.SerializeToElement(configuration, configuration.GetType(), options);
    }

    static ReadOnlySpan<byte> Bytes(JsonElement element)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream)) Write(writer, element);
        return stream.GetBuffer().AsSpan(0, (int)stream.Length);
    }

    static void Write(Utf8JsonWriter writer, JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in element.EnumerateObject().OrderBy(m => m.Name, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(member.Name);
                    Write(writer, member.Value);
                }
                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in element.EnumerateArray()) Write(writer, item);
                writer.WriteEndArray();
                break;
            case JsonValueKind.Number:
                WriteNumber(writer, element);
                break;
            default:
                element.WriteTo(writer);
                break;
        }
    }

    static void WriteNumber(Utf8JsonWriter writer, JsonElement number)
    {
        // Doubles hold every integer up to 2^53; above it the digits as written are the only exact spelling.
        const double exact = 1L << 53;
        double value = number.GetDouble();
        if (double.IsInteger(value) && Math.Abs(value) < exact) writer.WriteNumberValue((long)value);
        else if (number.GetRawText().AsSpan().IndexOfAny(".eE") < 0) number.WriteTo(writer);
        else writer.WriteNumberValue(value);
    }
}

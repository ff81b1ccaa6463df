using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace LoraComposition;

/// <summary>The names of a saved head's classes as a free text entry of the weights file, a JSON list: PEFT keeps no names, and passes over such entries.</summary>
internal static class ClassNamesText
{
    public const string Key = "lora_composition.class_names";

    /// <summary>The entry's text.</summary>
    public static string Format(IReadOnlyList<string> names)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartArray();
            foreach (string name in names) json.WriteStringValue(name);
            json.WriteEndArray();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Reads the entry.</summary>
    /// <param name="metadata">All text entries of the file.</param>
    /// <param name="classCount">The number of the head's classes; null where the file holds no head.</param>
    /// <param name="problem">What is wrong with the entry; null where nothing is, or there is none.</param>
    /// <returns>The names, or null where there are none that can be read.</returns>
    public static IReadOnlyList<string>? Parse(IReadOnlyDictionary<string, string> metadata, long? classCount, out string? problem)
    {
        problem = null;
        if (!metadata.TryGetValue(Key, out var text)) return null;
        try
        {
            using var document = JsonDocument.Parse(text);
            string[] names = [.. document.RootElement.EnumerateArray().Select(name => name.GetString() ?? throw new FormatException("a name is null."))];
            if (names.Length == classCount) return names;
            problem = $"the {names.Length} class names in '{Key}' are passed over: {(classCount is { } count ? $"the saved head has {count} classes" : "there is no saved head")}.";
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            problem = $"the class names in '{Key}' cannot be read and are passed over: {e.Message}";
        }
        return null;
    }
}

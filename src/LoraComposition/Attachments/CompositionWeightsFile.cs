using System.Buffers;
using System.Text.Json;
using LoraComposition.Files;

namespace LoraComposition;

/// <summary>The JSON form of a composition's weights.</summary>
internal static class CompositionWeightsFile
{
    const string Format = "lora-composition-weights-1";
    const int MaxLength = 64 << 20;   // a thousand layers with a thousand modules are 20 MB

    public static void Write(CompositionWeights weights, string path) => AtomicFile.Write(path, stream =>
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" });
        json.WriteStartObject();
        json.WriteString("format", Format);
        json.WriteStartArray("adapters");
        foreach (var name in weights.AdapterNames) json.WriteStringValue(name);
        json.WriteEndArray();
        json.WriteStartObject("layers");
        foreach (var (layer, numbers) in weights.Layers.OrderBy(layer => layer.Key, StringComparer.Ordinal))
        {
            // One line for each layer: the file is read by people too.
            json.WritePropertyName(layer);
            json.WriteRawValue(Line(numbers));
        }
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
    });

    static ReadOnlySpan<byte> Line(IReadOnlyList<double> numbers)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartArray();
            foreach (var number in numbers) json.WriteNumberValue(number);
            json.WriteEndArray();
        }
        return buffer.WrittenSpan;
    }

    public static CompositionWeights Read(string path)
    {
        ModelFileException Refuse(string message, Exception? cause) => new(path, message, cause);

        using var document = JsonFile.Read(path, MaxLength, Refuse);
        var root = document.RootElement;
        if (!root.TryGetProperty("format", out var format) || format.ValueKind != JsonValueKind.String || format.GetString() != Format)
            throw Refuse($"expected \"format\": \"{Format}\", found {(format.ValueKind == JsonValueKind.Undefined ? "none" : format)}; give the weights a composition saved.", null);
        try
        {
            var names = Member(root, "adapters", JsonValueKind.Array).EnumerateArray().Select(name => Text(name)).ToArray();
            return new CompositionWeights(names, Member(root, "layers", JsonValueKind.Object).EnumerateObject()
                .Select(layer => KeyValuePair.Create(layer.Name, Numbers(layer))));
        }
        catch (ArgumentException e)
        {
            throw Refuse(e.Message, e);
        }

        JsonElement Member(JsonElement root, string name, JsonValueKind kind) =>
            root.TryGetProperty(name, out var value) && value.ValueKind == kind ? value
                : throw Refuse($"\"{name}\": expected {kind}, found {(value.ValueKind == JsonValueKind.Undefined ? "none" : value.ValueKind)}.", null);

        string Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()!
            : throw Refuse($"\"adapters\": expected names, found {value.ValueKind}.", null);

        IReadOnlyList<double> Numbers(JsonProperty layer) => layer.Value.ValueKind == JsonValueKind.Array
            ? [.. layer.Value.EnumerateArray().Select(n => n.ValueKind == JsonValueKind.Number && n.TryGetDouble(out double number) ? number
                : throw Refuse($"layer '{layer.Name}': expected numbers, found {n.ValueKind}.", null))]
            : throw Refuse($"layer '{layer.Name}': expected a list of numbers, found {layer.Value.ValueKind}.", null);
    }
}

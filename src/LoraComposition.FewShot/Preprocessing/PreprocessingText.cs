using System.Buffers;
using System.Text;
using System.Text.Json;

namespace LoraComposition.FewShot;

/// <summary>The preprocessing as it goes into an exported model: for whoever reads the file with nothing else at hand.</summary>
static class PreprocessingText
{
    const string Where = "the preprocessing";

    // What does not vary is said all the same, because a reader cannot know it.
    static readonly (string Name, string Value)[] said = [("channels", "RGB"), ("layout", "NCHW"), ("crop", "none")];

    public static string Format(ImagePreprocessing preprocessing)
    {
        preprocessing.Validate();
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var (name, value) in said) json.WriteString(name, value);
            json.WriteNumber("height", preprocessing.Size);
            json.WriteNumber("width", preprocessing.Size);
            json.WriteString("resize", preprocessing.Resample is null ? "none" : "stretch");
            if (preprocessing.Resample is { } filter)
            {
                json.WriteString("interpolation", NameOf(filter));
                json.WriteBoolean("antialias", true);
            }
            json.WriteNumber("rescale", preprocessing.RescaleFactor);
            Write(json, "mean", preprocessing.Mean);
            Write(json, "std", preprocessing.Std);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    public static ImagePreprocessing Parse(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            var root = document.RootElement;
            foreach (var (name, value) in said) Expect(root, name, value);
            int size = root.GetProperty("height").GetInt32();
            if (root.GetProperty("width").GetInt32() != size) throw Refused("width", $"{size} as the height", root.GetProperty("width"));
            bool resizes = root.GetProperty("resize").GetString() != "none";
            if (resizes) Expect(root, "resize", "stretch");
            var read = new ImagePreprocessing
            {
                Size = size,
                Resample = resizes ? Filter(root.GetProperty("interpolation")) : null,
                RescaleFactor = root.GetProperty("rescale").GetSingle(),
                Mean = Channels(root, "mean"),
                Std = Channels(root, "std"),
            };
            read.Validate();
            return read;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or KeyNotFoundException or ArgumentException)
        {
            // System.Text.Json throws the middle three where a value has another type, is too long a number or is missing.
            throw new DataException(Where, $"expected what an export wrote, found something else: {e.Message}", e);
        }
    }

    static void Write(Utf8JsonWriter json, string name, RgbValues values)
    {
        json.WriteStartArray(name);
        foreach (float value in values.ToArray()) json.WriteNumberValue(value);
        json.WriteEndArray();
    }

    static void Expect(JsonElement root, string name, string value)
    {
        if (root.GetProperty(name).GetString() != value) throw Refused(name, $"\"{value}\"", root.GetProperty(name));
    }

    static Resample Filter(JsonElement name)
    {
        foreach (var filter in Enum.GetValues<Resample>())
            if (name.GetString() == NameOf(filter)) return filter;
        throw Refused("interpolation", string.Join(" or ", Enum.GetValues<Resample>().Select(filter => $"\"{NameOf(filter)}\"")), name);
    }

    static string NameOf(Resample filter) => filter switch
    {
        Resample.Bilinear => "bilinear",
        Resample.Bicubic => "bicubic",
        _ => throw new ArgumentOutOfRangeException(nameof(filter), filter, "The filter must be Bilinear or Bicubic."),
    };

    static RgbValues Channels(JsonElement root, string name)
    {
        var values = root.GetProperty(name);
        return values.GetArrayLength() == 3 ? new(values[0].GetSingle(), values[1].GetSingle(), values[2].GetSingle()) : throw Refused(name, "three numbers", values);
    }

    static DataException Refused(string name, string expected, JsonElement found) => new(Where, $"'{name}': expected {expected}, found {found.GetRawText()}.");
}

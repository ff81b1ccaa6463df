using System.Buffers;
using System.Text;
using System.Text.Json;

namespace LoraComposition.FewShot;

/// <summary>The preprocessing as it goes into an exported model: for whoever reads the file with nothing else at hand.</summary>
static class PreprocessingText
{
    const string Where = "the preprocessing";

    // What does not vary is said all the same, because a reader cannot know it.
    static readonly (string Name, string Value)[] said = [("channels", "RGB"), ("layout", "NCHW")];

    const string NoResize = "none", NoCrop = "none", CentreCrop = "centre", Upright = "upright", Stored = "stored";

    static readonly Dictionary<ResizeFit, string> fits = new() { [ResizeFit.BothSides] = "stretch", [ResizeFit.ShortestEdge] = "shortest_edge", [ResizeFit.LongestEdge] = "longest_edge" };
    static readonly Dictionary<CropOffset, string> offsets = new() { [CropOffset.Down] = "down", [CropOffset.Round] = "round" };
    static readonly Dictionary<Resample, string> filters = Enum.GetValues<Resample>().ToDictionary(filter => filter, filter => filter.ToString().ToLowerInvariant());
    static readonly Dictionary<string, string> crop = new() { [NoCrop] = NoCrop, [CentreCrop] = CentreCrop };
    static readonly Dictionary<string, string> orientation = new() { [Upright] = Upright, [Stored] = Stored };

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
            json.WriteString("orientation", preprocessing.Upright ? Upright : Stored);
            json.WriteString("resize", preprocessing.Resample is null ? NoResize : fits[preprocessing.Fit]);
            if (preprocessing.Resample is { } filter)
            {
                json.WriteString("interpolation", filters[filter]);
                json.WriteBoolean("antialias", filter != Resample.Nearest);
            }
            bool crops = preprocessing.ResizeTo is not null || preprocessing.Fit != ResizeFit.BothSides;
            json.WriteString("crop", crops ? CentreCrop : NoCrop);
            if (crops)
            {
                json.WriteNumber("resize_to", preprocessing.ResizeTo ?? preprocessing.Size);
                json.WriteString("crop_offset", offsets[preprocessing.CropOffset]);
                json.WriteString("fill", preprocessing.Fit == ResizeFit.LongestEdge ? "mean" : "black");
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
            bool resizes = root.GetProperty("resize").GetString() != NoResize;
            bool crops = Key(root, "crop", crop) == CentreCrop;
            var read = new ImagePreprocessing
            {
                Size = size,
                Upright = Key(root, "orientation", orientation) == Upright,
                Fit = resizes ? Key(root, "resize", fits) : ResizeFit.BothSides,
                ResizeTo = crops ? root.GetProperty("resize_to").GetInt32() : null,
                CropOffset = crops ? Key(root, "crop_offset", offsets) : default,
                Resample = resizes ? Key(root, "interpolation", filters) : null,
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

    static T Key<T>(JsonElement root, string name, IReadOnlyDictionary<T, string> names) where T : notnull
    {
        string? text = root.GetProperty(name).GetString();
        foreach (var (key, value) in names)
            if (value == text) return key;
        throw Refused(name, string.Join(" or ", names.Values.Select(known => $"\"{known}\"")), root.GetProperty(name));
    }

    static RgbValues Channels(JsonElement root, string name)
    {
        var values = root.GetProperty(name);
        return values.GetArrayLength() == 3
            ? new(values[0].GetSingle(), values[1].GetSingle(), values[2].GetSingle())
            : throw Refused(name, "three numbers", values);
    }

    static DataException Refused(string name, string expected, JsonElement found) => new(Where, $"'{name}': expected {expected}, found {found.GetRawText()}.");
}

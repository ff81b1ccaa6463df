using System.Text.Json;

namespace LoraComposition.Models;

/// <summary>
/// How timm makes pictures ready for a model, as the <c>pretrained_cfg</c> of its <c>config.json</c> says, in the form of the <c>preprocessor_config.json</c>
/// that transformers keeps beside the weights.
/// </summary>
public static class TimmPreprocessing
{
    const string Section = "pretrained_cfg";
    const int LargestConfig = 16 << 20;

    static readonly string[] filters = ["nearest", "lanczos", "bilinear", "bicubic", "box", "hamming"];   // at the numbers that Pillow gives them
    static readonly double[] mean = [0.485, 0.456, 0.406], std = [0.229, 0.224, 0.225];

    /// <summary>
    /// The settings of timm's evaluation: resizing to ⌊size / crop_pct⌋ pixels, along the shorter side (<c>crop_mode</c> center), along both (squash) or along the
    /// longer one with the rest filled up (border), a crop of the centre, and mean and std.
    /// </summary>
    /// <remarks>
    /// Two settings are not transformers': <c>crop_offset</c> round (an odd margin is cut as torchvision does it, half a pixel to the even side) and a size of
    /// <c>longest_edge</c> for border.
    /// </remarks>
    /// <param name="folder">The model-hub folder.</param>
    /// <param name="imageSize">The side of the model's images in pixels.</param>
    /// <param name="leftOut">The settings that the file leaves out, for which timm's own defaults are written.</param>
    /// <returns>The text of a <c>preprocessor_config.json</c>; null where the configuration is missing, or is not timm's and has no such part.</returns>
    /// <exception cref="CheckpointException">The configuration is damaged, or asks for what timm itself does not know.</exception>
    public static byte[]? ToPreprocessorConfig(string folder, int imageSize, out IReadOnlyList<string> leftOut)
    {
        ArgumentNullException.ThrowIfNull(folder);
        leftOut = [];
        if (!File.Exists(Path.Combine(folder, ModelConfigFile.FileName))) return null;
        var fields = ModelConfigFile.Read(folder, LargestConfig);
        // The old form of the file has no such part and holds its settings itself.
        if (fields.Section(Section) is not { } settings)
        {
            if (!TimmConfig.IsOne(fields)) return null;
            settings = fields;
        }
        var missing = new List<string>();
        byte[] text = Write(settings, imageSize, missing);
        leftOut = missing;
        return text;
    }

    static byte[] Write(ConfigFields settings, int imageSize, List<string> leftOut)
    {
        double cropShare = settings.Number("crop_pct") ?? LeftOut("crop_pct", 0.875, leftOut);
        int side = (int)Math.Clamp(Math.Floor(imageSize / cropShare), 0, int.MaxValue);
        if (!(cropShare > 0) || side is < 1 or > 1 << 16) throw settings.Expected("crop_pct", "a share above 0 such as 0.9", settings.Find("crop_pct")!.Value);
        string filter = settings.Text("interpolation") ?? LeftOut("interpolation", "bicubic", leftOut), mode = settings.Text("crop_mode") ?? "center";
        int resample = Array.IndexOf(filters, filter);
        if (resample < 0) throw settings.Expected("interpolation", $"one of {string.Join(", ", filters)}", settings.Find("interpolation")!.Value);
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteString("image_processor_type", "BitImageProcessor");
            json.WriteBoolean("do_resize", true);
            json.WriteStartObject("size");
            switch (mode)
            {
                case "center": json.WriteNumber("shortest_edge", side); break;
                case "border": json.WriteNumber("longest_edge", side); break;
                case "squash":
                    json.WriteNumber("height", side);
                    json.WriteNumber("width", side);
                    break;
                default: throw settings.Expected("crop_mode", "center, squash or border", settings.Find("crop_mode")!.Value);
            }
            json.WriteEndObject();
            json.WriteNumber("resample", resample);
            json.WriteBoolean("do_center_crop", true);
            json.WriteStartObject("crop_size");
            json.WriteNumber("height", imageSize);
            json.WriteNumber("width", imageSize);
            json.WriteEndObject();
            json.WriteString("crop_offset", "round");
            json.WriteBoolean("do_rescale", true);
            json.WriteNumber("rescale_factor", 1.0 / 255);
            json.WriteBoolean("do_normalize", true);
            Channels(json, "image_mean", settings, "mean", mean, leftOut);
            Channels(json, "image_std", settings, "std", std, leftOut);
            json.WriteEndObject();
        }
        return [.. bytes.ToArray(), (byte)'\n'];
    }

    static void Channels(Utf8JsonWriter json, string name, ConfigFields settings, string setting, double[] missing, List<string> leftOut)
    {
        json.WriteStartArray(name);
        foreach (double value in Channels(settings, setting) ?? LeftOut(setting, missing, leftOut)) json.WriteNumberValue(value);
        json.WriteEndArray();
    }

    static double[]? Channels(ConfigFields settings, string name)
    {
        if (settings.Find(name) is not { } given) return null;
        if (given.ValueKind == JsonValueKind.Array && given.GetArrayLength() is 1 or 3)
        {
            double[] values = [.. given.EnumerateArray().Select(value => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) ? number : double.NaN)];
            if (values.All(double.IsFinite)) return values.Length == 1 ? [values[0], values[0], values[0]] : values;
        }
        throw settings.Expected(name, "a number for each of three channels", given);
    }

    static T LeftOut<T>(string name, T value, List<string> leftOut)
    {
        leftOut.Add(name);
        return value;
    }
}

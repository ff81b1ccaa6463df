using System.Text.Json;

namespace LoraComposition.FewShot;

/// <summary>Writes a preprocessing as a <c>preprocessor_config.json</c>, so that it is read again as it is.</summary>
internal static class PreprocessorConfigWriter
{
    /// <summary>The text of the file. Nothing is left out, so that nothing has to be guessed.</summary>
    public static byte[] Write(ImagePreprocessing preprocessing)
    {
        bool crops = preprocessing.ResizeTo is not null || preprocessing.Fit != ResizeFit.BothSides;
        int side = preprocessing.ResizeTo ?? preprocessing.Size;
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteString("image_processor_type", crops ? "BitImageProcessor" : "ViTImageProcessor");
            json.WriteBoolean("do_resize", preprocessing.Resample is not null);
            json.WriteStartObject("size");
            if (preprocessing.Fit == ResizeFit.BothSides) Square(json, side);
            else json.WriteNumber(preprocessing.Fit == ResizeFit.ShortestEdge ? "shortest_edge" : "longest_edge", side);
            json.WriteEndObject();
            json.WriteNumber("resample", (int)(preprocessing.Resample ?? Resample.Bilinear));
            json.WriteBoolean("do_center_crop", crops);
            if (crops)
            {
                json.WriteStartObject("crop_size");
                Square(json, preprocessing.Size);
                json.WriteEndObject();
                json.WriteString(PreprocessorConfigReader.CropOffsetKey, preprocessing.CropOffset == CropOffset.Round ? "round" : "floor");
            }
            json.WriteBoolean("do_rescale", true);
            json.WriteNumber("rescale_factor", preprocessing.RescaleFactor);
            json.WriteBoolean("do_normalize", true);
            Channels(json, "image_mean", preprocessing.Mean);
            Channels(json, "image_std", preprocessing.Std);
            json.WriteBoolean(PreprocessorConfigReader.UprightKey, preprocessing.Upright);
            json.WriteEndObject();
        }
        return [.. bytes.ToArray(), (byte)'\n'];
    }

    static void Square(Utf8JsonWriter json, int side)
    {
        json.WriteNumber("height", side);
        json.WriteNumber("width", side);
    }

    static void Channels(Utf8JsonWriter json, string name, RgbValues values)
    {
        json.WriteStartArray(name);
        foreach (float value in values.ToArray()) json.WriteNumberValue(value);
        json.WriteEndArray();
    }
}

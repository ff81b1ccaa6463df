using System.Text.Json;

namespace LoraComposition.FewShot;

/// <summary>Reads the part of <c>preprocessor_config.json</c> that ViT uses, and refuses what would give other pictures than asked for.</summary>
internal sealed class PreprocessorConfigReader
{
    public const int MaxSize = 4096;
    const long MaxFileLength = 1 << 20;

    readonly string file;
    readonly JsonElement root;

    PreprocessorConfigReader(string file, JsonElement root) => (this.file, this.root) = (file, root);

    public static ImagePreprocessing Read(string file)
    {
        try
        {
            if (!File.Exists(file)) throw new DataException(file, "the file is missing; give the preprocessor_config.json of the checkpoint.");
            long length = new FileInfo(file).Length;
            if (length > MaxFileLength)
                throw new DataException(file, $"expected at most {MaxFileLength} bytes, found {length}; this is not a preprocessor configuration.");
            using var document = JsonDocument.Parse(File.ReadAllBytes(file));
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new DataException(file, $"expected a JSON object, found {document.RootElement.ValueKind}.");
            return new PreprocessorConfigReader(file, document.RootElement).Read();
        }
        catch (JsonException e)
        {
            throw new DataException(file, $"expected JSON, found a damaged file: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException(file, $"the file cannot be read: {e.Message}", e);
        }
    }

    ImagePreprocessing Read()
    {
        if (Flag("do_center_crop", false)) throw Refused("do_center_crop", "false, a centre crop is not supported", "true");
        var defaults = ImagePreprocessing.Default;
        bool normalize = Flag("do_normalize", true);
        var settings = new ImagePreprocessing
        {
            Size = Size(defaults.Size),
            Resample = Flag("do_resize", true) ? Filter(defaults.Resample!.Value) : null,
            RescaleFactor = Flag("do_rescale", true) ? Factor(defaults.RescaleFactor) : 1,
            Mean = normalize ? Channels("image_mean", defaults.Mean) : new(0),
            Std = normalize ? Channels("image_std", defaults.Std) : new(1),
        };
        try
        {
            settings.Validate();
        }
        catch (ArgumentException e)
        {
            throw new DataException(file, e.Message, e);
        }
        return settings;
    }

    bool Flag(string key, bool missing) => Find(key) is not { } value ? missing : value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Refused(key, "true or false", value),
    };

    int Size(int missing)
    {
        if (Find("size") is not { } size) return missing;
        if (size.ValueKind == JsonValueKind.Number) return Integer("size", size);
        if (size.ValueKind == JsonValueKind.Object)
        {
            if (size.TryGetProperty("shortest_edge", out var edge) && size.EnumerateObject().Count() == 1) return Integer("size.shortest_edge", edge);
            if (size.TryGetProperty("height", out var height) && size.TryGetProperty("width", out var width)
                && Integer("size.height", height) == Integer("size.width", width))
                return Integer("size.height", height);
        }
        throw Refused("size", "a number, an equal height and width, or a shortest_edge", size);
    }

    Resample Filter(Resample missing)
    {
        if (Find("resample") is not { } value) return missing;
        var filter = (Resample)Integer("resample", value);
        return Enum.IsDefined(filter) ? filter : throw Refused("resample", "2 (bilinear) or 3 (bicubic)", value);
    }

    float Factor(float missing) => Find("rescale_factor") is { } value ? Number("rescale_factor", value) : missing;

    RgbValues Channels(string key, RgbValues missing)
    {
        if (Find(key) is not { } value) return missing;
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() != 3) throw Refused(key, "three numbers", value);
        return new(Number(key, value[0]), Number(key, value[1]), Number(key, value[2]));
    }

    JsonElement? Find(string key) => root.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    int Integer(string key, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) ? number : throw Refused(key, "a whole number", value);

    float Number(string key, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetSingle(out float number) ? number : throw Refused(key, "a number", value);

    DataException Refused(string key, string expected, JsonElement found) => Refused(key, expected, found.GetRawText());

    DataException Refused(string key, string expected, string found) =>
        new(file, $"'{key}': expected {expected}, found {found}; preprocess as the checkpoint asks by other means or correct the file.");
}

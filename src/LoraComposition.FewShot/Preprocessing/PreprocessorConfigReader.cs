using System.Text.Json;
using LoraComposition.Files;

namespace LoraComposition.FewShot;

/// <summary>Reads the part of <c>preprocessor_config.json</c> that ViTs use, and refuses what would give other pictures than asked for.</summary>
internal sealed class PreprocessorConfigReader
{
    public const int MaxSize = 4096, MaxResize = 2 * MaxSize;

    /// <summary>The setting, beside transformers' own, that tells how an odd margin is cut.</summary>
    public const string CropOffsetKey = "crop_offset";

    /// <summary>The setting, beside transformers' own, that tells whether pictures are turned upright.</summary>
    public const string UprightKey = "apply_exif_orientation";

    const long MaxFileLength = 1 << 20;

    readonly string file;
    readonly JsonElement root;
    readonly List<string> leftOut = [];

    PreprocessorConfigReader(string file, JsonElement root) => (this.file, this.root) = (file, root);

    /// <summary>Reads a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="modelSize">The side of the images where the file says nothing of it.</param>
    /// <param name="processor">The processor where the file names none; null for ViT's.</param>
    /// <returns>The settings, and in one line what had to be guessed; null where nothing was.</returns>
    public static (ImagePreprocessing Settings, string? Warning) Read(string file, int modelSize, string? processor = null)
    {
        try
        {
            if (!File.Exists(file)) throw new DataException(file, "the file is missing; give the preprocessor_config.json of the checkpoint.");
            long length = new FileInfo(file).Length;
            if (length > MaxFileLength)
                throw new DataException(file, $"expected at most {MaxFileLength} bytes, found {length}; this is not a preprocessor configuration.");
            return Read(file, File.ReadAllBytes(file), modelSize, processor);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException(file, $"the file cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Reads the text of a file.</summary>
    /// <param name="file">The file, for messages.</param>
    /// <param name="text">Its text.</param>
    /// <param name="modelSize">The side of the images where the text says nothing of it.</param>
    /// <param name="processor">The processor where the text names none; null for ViT's.</param>
    /// <param name="known">What is known to be left out of what the text was made of.</param>
    public static (ImagePreprocessing Settings, string? Warning) Read(string file, byte[] text, int modelSize, string? processor = null, IReadOnlyList<string>? known = null)
    {
        using var document = JsonFile.Parse(text, (message, cause) => new DataException(file, message, cause));
        var reader = new PreprocessorConfigReader(file, document.RootElement);
        reader.leftOut.AddRange(known ?? []);
        return reader.Read(modelSize, processor);
    }

    (ImagePreprocessing, string?) Read(int modelSize, string? usual)
    {
        var processor = PreprocessorKind.Of(Text("image_processor_type") ?? Text("feature_extractor_type") ?? usual);
        bool normalize = Flag("do_normalize", true), crops = Flag("do_center_crop", processor.Crops);
        if (Find("crop_pct") is { } share) throw Refused("crop_pct", "size and crop_size alone", share);
        var (fit, side) = Size(processor, crops, modelSize);
        int size = side;
        string? oblong = null;
        if (crops) size = Find("crop_size") is { } crop ? Square("crop_size", crop) : LeftOut("crop_size", modelSize);
        else if (fit == ResizeFit.ShortestEdge)
        {
            oblong = "asks for the shortest edge alone, which leaves oblongs that the model does not take: pictures are squeezed into squares";
            fit = ResizeFit.BothSides;
        }
        var settings = new ImagePreprocessing
        {
            Size = size,
            ResizeTo = crops && (side != size || fit != ResizeFit.BothSides) ? side : null,
            Fit = fit,
            CropOffset = Offset(),
            Upright = Flag(UprightKey, true),
            Resample = Flag("do_resize", true) ? Find("resample") is { } filter ? Filter(filter) : LeftOut("resample", processor.Resample) : null,
            RescaleFactor = Flag("do_rescale", true) ? Factor(1f / 255) : 1,
            Mean = normalize ? Channels("image_mean", processor.Mean) : new(0),
            Std = normalize ? Channels("image_std", processor.Std) : new(1),
        };
        try
        {
            settings.Validate();
        }
        catch (ArgumentException e)
        {
            throw new DataException(file, e.Message, e);
        }
        string? guessed = leftOut.Count > 0 ? $"leaves out {string.Join(", ", leftOut)}, for which {processor.Name}'s defaults are taken" : null;
        return (settings, (guessed, oblong) switch
        {
            (null, null) => null,
            (_, null) => $"{file} {guessed}.",
            (null, _) => $"{file} {oblong}.",
            _ => $"{file} {guessed}; it {oblong}.",
        });
    }

    (ResizeFit Fit, int Side) Size(PreprocessorKind processor, bool crops, int modelSize)
    {
        if (Find("size") is not { } size) return (processor.Fit, LeftOut("size", crops ? modelSize * processor.Margin / PreprocessorKind.Whole : modelSize));
        if (size.ValueKind == JsonValueKind.Number) return (processor.Fit, Integer("size", size));
        if (size.ValueKind == JsonValueKind.Object && size.EnumerateObject().Count() == 1)
        {
            if (size.TryGetProperty("shortest_edge", out var shorter)) return (ResizeFit.ShortestEdge, Integer("size.shortest_edge", shorter));
            if (crops && size.TryGetProperty("longest_edge", out var longer)) return (ResizeFit.LongestEdge, Integer("size.longest_edge", longer));
        }
        return (ResizeFit.BothSides, Square("size", size));
    }

    int Square(string key, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Number) return Integer(key, value);
        if (value.ValueKind == JsonValueKind.Object)
        {
            if (value.TryGetProperty("height", out var height) && value.TryGetProperty("width", out var width)
                && Integer($"{key}.height", height) == Integer($"{key}.width", width))
                return Integer($"{key}.height", height);
        }
        throw Refused(key, "a number, an equal height and width, or for the size a shortest_edge or longest_edge", value);
    }

    bool Flag(string key, bool missing) => Find(key) is not { } value ? missing : value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Refused(key, "true or false", value),
    };

    string? Text(string key) => Find(key) is not { } value ? null : value.ValueKind == JsonValueKind.String ? value.GetString() : throw Refused(key, "a text", value);

    CropOffset Offset() => Text(CropOffsetKey) switch
    {
        null or "floor" => CropOffset.Down,
        "round" => CropOffset.Round,
        _ => throw Refused(CropOffsetKey, "floor or round", Find(CropOffsetKey)!.Value),
    };

    Resample Filter(JsonElement value)
    {
        // Some versions write the number, some the name, some with the enumeration in front.
        if (value.ValueKind == JsonValueKind.String)
        {
            string name = value.GetString()!;
            name = name[(name.LastIndexOf('.') + 1)..];
            if (name.Equals("antialias", StringComparison.OrdinalIgnoreCase)) return Resample.Lanczos;
            if (!int.TryParse(name, out _) && Enum.TryParse<Resample>(name, ignoreCase: true, out var named)) return named;
        }
        else
        {
            var filter = (Resample)Integer("resample", value);
            if (Enum.IsDefined(filter)) return filter;
        }
        throw Refused("resample", "Pillow's number or name of a filter: 0 (nearest), 1 (lanczos), 2 (bilinear), 3 (bicubic), 4 (box) or 5 (hamming)", value);
    }

    float Factor(float missing) => Find("rescale_factor") is { } value ? Number("rescale_factor", value) : missing;

    RgbValues Channels(string key, RgbValues missing)
    {
        if (Find(key) is not { } value) return LeftOut(key, missing);
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() != 3) throw Refused(key, "three numbers", value);
        return new(Number(key, value[0]), Number(key, value[1]), Number(key, value[2]));
    }

    T LeftOut<T>(string key, T value)
    {
        leftOut.Add(key);
        return value;
    }

    JsonElement? Find(string key) => root.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    int Integer(string key, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) ? number : throw Refused(key, "a whole number", value);

    float Number(string key, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetSingle(out float number) ? number : throw Refused(key, "a number", value);

    DataException Refused(string key, string expected, JsonElement found) =>
        new(file, $"'{key}': expected {expected}, found {Excerpt.Of(found.GetRawText())}; preprocess as the checkpoint asks by other means or correct the file.");
}

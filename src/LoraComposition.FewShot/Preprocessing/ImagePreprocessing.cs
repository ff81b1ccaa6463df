using System.Globalization;

namespace LoraComposition.FewShot;

/// <summary>
/// What is done to a picture before a model sees it: turn it upright, resize it, cut the square of <see cref="Size"/> out of its centre, then
/// <c>(value · rescale − mean) / std</c> per channel.
/// </summary>
/// <remarks>It belongs to the checkpoint: read it from the <c>preprocessor_config.json</c> beside the weights.</remarks>
public sealed record ImagePreprocessing
{
    /// <summary>What the model hub's ViT processor does where a configuration says nothing: 224 pixels, bilinear, values from −1 to 1.</summary>
    public static ImagePreprocessing Default { get; } = new();

    /// <summary>The side of the square that the model sees, in pixels. Default 224.</summary>
    public int Size { get; init; } = 224;

    /// <summary>
    /// The pixels that a picture is resized to, along the sides that <see cref="Fit"/> names; the square is then cut out of its centre, and filled up where the
    /// picture is smaller. Default null: <see cref="Size"/>, so that nothing is cut where both sides are resized.
    /// </summary>
    public int? ResizeTo { get; init; }

    /// <summary>Which sides of a picture are resized to <see cref="ResizeTo"/>. Default both.</summary>
    public ResizeFit Fit { get; init; }

    /// <summary>Which pixel the crop begins at where the margin is odd. Default <see cref="CropOffset.Down"/>, as transformers has it.</summary>
    public CropOffset CropOffset { get; init; }

    /// <summary>
    /// Whether pictures are turned upright as their orientation tag (EXIF) asks and viewers show them. Default true; false reads them as they are stored, as
    /// Pillow's <c>Image.open</c> and so most training in Python does.
    /// </summary>
    public bool Upright { get; init; } = true;

    /// <summary>How pictures are resized; null where they are not, and must then be squares of <see cref="Size"/>. Default bilinear.</summary>
    public Resample? Resample { get; init; } = FewShot.Resample.Bilinear;

    /// <summary>The factor that brings bytes to the scale of mean and std. Default 1/255.</summary>
    public float RescaleFactor { get; init; } = 1f / 255;

    /// <summary>The mean that is subtracted, per channel, after the rescaling. Default 0.5.</summary>
    public RgbValues Mean { get; init; } = new(0.5f);

    /// <summary>The standard deviation that is divided by, per channel. Default 0.5.</summary>
    public RgbValues Std { get; init; } = new(0.5f);

    /// <summary>Reads a configuration of the model hub. Settings that it leaves out are those of its kind of processor, ViT's where it does not say.</summary>
    /// <param name="file">The <c>preprocessor_config.json</c>. Its size may be a number, <c>{"height", "width"}</c> (equal), <c>{"shortest_edge"}</c> or
    /// <c>{"longest_edge"}</c>; <c>crop_size</c> a number or equal sides; <c>resample</c> Pillow's number or name; <c>do_resize</c>, <c>do_center_crop</c>,
    /// <c>do_rescale</c> and <c>do_normalize</c> are honoured.</param>
    /// <param name="warn">Is told in one line what had to be guessed.</param>
    /// <returns>The preprocessing.</returns>
    /// <exception cref="DataException">The file is missing or damaged, or asks for what is not supported: an oblong, an unknown filter.</exception>
    public static ImagePreprocessing FromFile(string file, Action<string>? warn = null)
    {
        ArgumentNullException.ThrowIfNull(file);
        var (preprocessing, warning) = PreprocessorConfigReader.Read(file, Default.Size);
        if (warning is not null) warn?.Invoke(warning);
        return preprocessing;
    }

    /// <summary>The entry of an exported model's metadata that holds the preprocessing, as <see cref="ToJson"/> writes it.</summary>
    public const string MetadataKey = "lora_composition.preprocessing";

    /// <summary>Says what is done in words that need no further convention: size, resizing, crop, filter, rescaling, mean, std, order of channels and axes.</summary>
    /// <returns>A JSON object.</returns>
    public string ToJson() => PreprocessingText.Format(this);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <param name="json">The JSON object.</param>
    /// <returns>The preprocessing.</returns>
    /// <exception cref="DataException">It is damaged, lacks a setting, or asks for what is not supported.</exception>
    public static ImagePreprocessing FromJson(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        return PreprocessingText.Parse(json);
    }

    /// <summary>Makes one picture ready, without torch: for programs that run an exported model.</summary>
    /// <param name="picture">The picture.</param>
    /// <returns><c>[3, size, size]</c>: all of red, then green, then blue, each row by row.</returns>
    /// <exception cref="DataException">Pictures are not resized, and this one has the wrong size.</exception>
    /// <exception cref="ArgumentException">A setting cannot be worked with.</exception>
    public float[] ToPixels(RgbImage picture)
    {
        ArgumentNullException.ThrowIfNull(picture);
        Validate();
        byte[] planes = ToPlanes(Upright ? picture : picture.AsStored(), message => new DataException("the picture", message));
        float[] pixels = new float[planes.Length], scale = Scale, shift = Shift;
        int plane = Size * Size;
        for (int i = 0; i < pixels.Length; i++) pixels[i] = planes[i] * scale[i / plane] + shift[i / plane];
        return pixels;
    }

    /// <summary>What bytes are multiplied with, per channel: <c>(value · rescale − mean) / std</c> is one product and one sum.</summary>
    internal float[] Scale => [.. Std.ToArray().Select(std => RescaleFactor / std)];

    /// <summary>What is added to the product, per channel.</summary>
    internal float[] Shift => [.. Mean.ToArray().Zip(Std.ToArray(), (mean, std) => -mean / std)];

    /// <summary>Brings a picture to the square and puts its channels one after the other, <c>[3, size, size]</c>.</summary>
    /// <param name="picture">The picture, turned as it is to be seen.</param>
    /// <param name="refusal">Makes the exception from a message.</param>
    /// <exception cref="DataException">Pictures are not resized, and this one has the wrong size.</exception>
    internal byte[] ToPlanes(RgbImage picture, Func<string, DataException> refusal)
    {
        picture = PictureFrame.Of(picture, this, refusal);
        int plane = Size * Size;
        byte[] result = new byte[3 * plane];
        var pixels = picture.Pixels;
        for (int i = 0; i < plane; i++)
        {
            result[i] = pixels[3 * i];
            result[plane + i] = pixels[3 * i + 1];
            result[2 * plane + i] = pixels[3 * i + 2];
        }
        return result;
    }

    /// <summary>Refuses settings that cannot be worked with.</summary>
    /// <exception cref="ArgumentException">The size is not from 1 to 4096, the filter is unknown, a number is not finite, or a std is not positive.</exception>
    public void Validate()
    {
        if (Size is < 1 or > PreprocessorConfigReader.MaxSize)
            throw new ArgumentException($"Size must be from 1 to {PreprocessorConfigReader.MaxSize}, found {Size}.");
        if (Resample is { } filter && !Enum.IsDefined(filter)) throw new ArgumentException($"Resample must be one of Pillow's filters, found {(int)filter}.");
        if (ResizeTo is < 1 or > PreprocessorConfigReader.MaxResize)
            throw new ArgumentException($"ResizeTo must be from 1 to {PreprocessorConfigReader.MaxResize}, found {ResizeTo}.");
        if (!Enum.IsDefined(Fit)) throw new ArgumentException($"Fit must be BothSides, ShortestEdge or LongestEdge, found {(int)Fit}.");
        if (!Enum.IsDefined(CropOffset)) throw new ArgumentException($"CropOffset must be Down or Round, found {(int)CropOffset}.");
        if (!float.IsFinite(RescaleFactor) || RescaleFactor <= 0) throw new ArgumentException($"RescaleFactor must be a positive number, found {RescaleFactor}.");
        if (!Mean.ToArray().All(float.IsFinite)) throw new ArgumentException($"Mean must be finite, found {Mean.Shown}.");
        if (!Std.ToArray().All(s => float.IsFinite(s) && s > 0)) throw new ArgumentException($"Std must be positive, found {Std.Shown}.");
    }
}

/// <summary>One number per colour channel.</summary>
/// <param name="Red">The number for red.</param>
/// <param name="Green">The number for green.</param>
/// <param name="Blue">The number for blue.</param>
public readonly record struct RgbValues(float Red, float Green, float Blue)
{
    /// <summary>One number for all three channels.</summary>
    /// <param name="all">The number.</param>
    public RgbValues(float all) : this(all, all, all)
    {
    }

    internal string Shown => string.Join(", ", ToArray().Select(value => value.ToString(CultureInfo.InvariantCulture)));

    internal float[] ToArray() => [Red, Green, Blue];
}

/// <summary>How pictures are resized; the numbers are Pillow's. All but the first are antialiased: the filter widens as a picture shrinks.</summary>
public enum Resample
{
    /// <summary>The nearest pixel alone.</summary>
    Nearest = 0,

    /// <summary>The windowed sinc, over 6 × 6 pixels when enlarging.</summary>
    Lanczos = 1,

    /// <summary>The triangle filter, over 2 × 2 pixels when enlarging.</summary>
    Bilinear = 2,

    /// <summary>The cubic filter with a = −0.5, over 4 × 4 pixels when enlarging.</summary>
    Bicubic = 3,

    /// <summary>The mean of the pixels that one is made of.</summary>
    Box = 4,

    /// <summary>A sharper filter of the triangle's width.</summary>
    Hamming = 5,
}

/// <summary>Which sides of a picture are resized to a given number of pixels.</summary>
public enum ResizeFit
{
    /// <summary>Both: a picture that is no square is squeezed into one.</summary>
    BothSides,

    /// <summary>The shorter one, and the other in proportion: what sticks out is cut off.</summary>
    ShortestEdge,

    /// <summary>The longer one, and the other in proportion: what is missing is filled with the mean colour, as timm's <c>border</c> does.</summary>
    LongestEdge,
}

/// <summary>Which pixel a crop of the centre begins at where the margin on both sides together is odd.</summary>
public enum CropOffset
{
    /// <summary>The half is rounded down, as transformers does.</summary>
    Down,

    /// <summary>The half is rounded to the even number, as torchvision does, and with it timm.</summary>
    Round,
}

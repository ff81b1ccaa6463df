namespace LoraComposition.FewShot;

/// <summary>A decoded picture: 8 bits each of red, green and blue, interleaved, row by row from the top left.</summary>
/// <remarks>Immutable by convention: the array that the constructor takes must not be written to afterwards.</remarks>
public sealed class RgbImage
{
    readonly byte[] pixels;

    /// <summary>Takes over the pixels of a picture.</summary>
    /// <param name="width">The width in pixels, at least 1.</param>
    /// <param name="height">The height in pixels, at least 1.</param>
    /// <param name="pixels">The colours, <c>[height, width, 3]</c>. Not copied.</param>
    /// <exception cref="ArgumentException">The number of bytes is not <c>3 · width · height</c>, or a side is not positive.</exception>
    public RgbImage(int width, int height, byte[] pixels)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        if (pixels.LongLength != 3L * width * height)
            throw new ArgumentException($"Expected {3L * width * height} bytes for {width} x {height} pixels, found {pixels.LongLength}.", nameof(pixels));
        (Width, Height, this.pixels) = (width, height, pixels);
    }

    /// <summary>The width in pixels.</summary>
    public int Width { get; }

    /// <summary>The height in pixels.</summary>
    public int Height { get; }

    /// <summary>The colours, <c>[height, width, 3]</c>.</summary>
    public ReadOnlySpan<byte> Pixels => pixels;
}

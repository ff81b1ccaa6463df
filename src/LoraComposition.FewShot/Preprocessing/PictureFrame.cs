namespace LoraComposition.FewShot;

/// <summary>Brings a picture to the square that a model sees: resized, the centre cut out, and filled up where the picture is smaller.</summary>
internal static class PictureFrame
{
    /// <summary>Makes the square.</summary>
    /// <param name="image">The picture, turned as it is to be seen.</param>
    /// <param name="preprocessing">How.</param>
    /// <param name="refusal">Makes the exception from a message.</param>
    /// <exception cref="DataException">The picture is not resized and has another size, or is so long and thin that resizing it takes more than a picture may have.</exception>
    public static RgbImage Of(RgbImage image, ImagePreprocessing preprocessing, Func<string, DataException> refusal)
    {
        int size = preprocessing.Size;
        bool crops = preprocessing.ResizeTo is not null || preprocessing.Fit != ResizeFit.BothSides;
        if (preprocessing.Resample is { } filter)
        {
            var (width, height) = Resized(image, preprocessing.ResizeTo ?? size, preprocessing.Fit);
            if ((long)width * height > ImageFileDecoder.MaxPixels)
                throw refusal($"a picture of {image.Width} x {image.Height} pixels would be resized to {width} x {height}, expected at most {ImageFileDecoder.MaxPixels} pixels; cut it to a less long shape or remove it.");
            image = ImageResizer.Resize(image, width, height, filter);
        }
        else if (!crops && (image.Width != size || image.Height != size))
            throw refusal($"expected {size} x {size} pixels, as pictures are not resized, found {image.Width} x {image.Height}; resize the picture or let the preprocessing do it.");
        return image.Width == size && image.Height == size ? image : Cropped(image, preprocessing);
    }

    static (int Width, int Height) Resized(RgbImage image, int to, ResizeFit fit)
    {
        long width = image.Width, height = image.Height;
        return fit switch
        {
            ResizeFit.ShortestEdge => width <= height ? (to, Clamped(to * height / width)) : (Clamped(to * width / height), to),
            ResizeFit.LongestEdge => (Rounded(width, Math.Max(width, height), to), Rounded(height, Math.Max(width, height), to)),
            _ => (to, to),
        };
    }

    static int Clamped(long side) => (int)Math.Clamp(side, 1, int.MaxValue);

    // As timm has it: the side over the ratio of the longer side to the target.
    static int Rounded(long side, long longer, int to) => (int)Math.Max(1, Math.Round(side / ((double)longer / to), MidpointRounding.ToEven));

    static RgbImage Cropped(RgbImage image, ImagePreprocessing preprocessing)
    {
        int size = preprocessing.Size;
        byte[] square = new byte[3L * size * size];
        // What timm fills up is of the mean colour, so that it is zero to the model; transformers and torchvision fill with black.
        if (preprocessing.Fit == ResizeFit.LongestEdge && (image.Width < size || image.Height < size))
        {
            byte[] colour = [.. preprocessing.Mean.ToArray().Select(mean => (byte)Math.Clamp(Math.Round(255 * mean, MidpointRounding.ToEven), 0, 255))];
            for (int i = 0; i < square.Length; i++) square[i] = colour[i % 3];
        }
        var (fromX, toX, width) = Overlap(image.Width, size, preprocessing.CropOffset);
        var (fromY, toY, height) = Overlap(image.Height, size, preprocessing.CropOffset);
        for (int y = 0; y < height; y++)
            image.Pixels.Slice(3 * ((fromY + y) * image.Width + fromX), 3 * width).CopyTo(square.AsSpan(3 * ((toY + y) * size + toX)));
        return new RgbImage(size, size, square);
    }

    static (int From, int To, int Count) Overlap(int side, int size, CropOffset offset)
    {
        if (side <= size) return (0, (size - side) / 2, side);
        int margin = side - size;
        return (offset == CropOffset.Round ? (int)Math.Round(margin / 2.0, MidpointRounding.ToEven) : margin / 2, 0, size);
    }
}

namespace LoraComposition.FewShot;

/// <summary>
/// Resizes as Pillow's <c>Image.resize</c> does, byte for byte: along the rows, then along the columns, each pass rounded to bytes. The filter is
/// widened by the ratio of the sizes where a picture shrinks (antialiasing).
/// </summary>
/// <remarks>Thread-safe. The weights are computed anew for each picture: they are few against its pixels.</remarks>
internal static class ImageResizer
{
    /// <summary>Resizes a picture.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="width">The new width in pixels, at least 1.</param>
    /// <param name="height">The new height in pixels, at least 1.</param>
    /// <param name="resample">The filter.</param>
    /// <returns>A picture of the new size; the same object where the size is right already.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A side is not positive, or the filter is unknown.</exception>
    public static RgbImage Resize(RgbImage image, int width, int height, Resample resample)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        if (resample == Resample.Nearest) return Nearest(image, width, height);
        var wide = width == image.Width ? image : AlongRows(image, ResampleWeights.Create(image.Width, width, resample));
        return height == image.Height ? wide : AlongColumns(wide, ResampleWeights.Create(image.Height, height, resample));
    }

    static RgbImage Nearest(RgbImage image, int width, int height)
    {
        if (width == image.Width && height == image.Height) return image;
        byte[] result = new byte[3L * width * height];
        int[] columns = Positions(image.Width, width), rows = Positions(image.Height, height);
        for (int y = 0, to = 0; y < height; y++)
            for (int x = 0; x < width; x++, to += 3) image.Pixels.Slice(3 * (rows[y] * image.Width + columns[x]), 3).CopyTo(result.AsSpan(to));
        return new RgbImage(width, height, result);
    }

    // Pillow adds up the steps, and so do its roundings.
    static int[] Positions(int from, int to)
    {
        int[] positions = new int[to];
        double scale = (double)from / to, position = scale * 0.5;
        for (int i = 0; i < to; i++, position += scale) positions[i] = Math.Min((int)position, from - 1);
        return positions;
    }

    static RgbImage AlongRows(RgbImage image, ResampleWeights weights)
    {
        byte[] result = new byte[3L * weights.Size * image.Height];
        for (int y = 0, to = 0; y < image.Height; y++)
        {
            var row = image.Pixels.Slice(3 * image.Width * y, 3 * image.Width);
            for (int x = 0; x < weights.Size; x++, to += 3)
            {
                int red = ResampleWeights.Half, green = ResampleWeights.Half, blue = ResampleWeights.Half, from = 3 * weights.Start(x);
                foreach (int weight in weights.Of(x))
                {
                    red += row[from] * weight;
                    green += row[from + 1] * weight;
                    blue += row[from + 2] * weight;
                    from += 3;
                }
                (result[to], result[to + 1], result[to + 2]) = (ResampleWeights.ToByte(red), ResampleWeights.ToByte(green), ResampleWeights.ToByte(blue));
            }
        }
        return new RgbImage(weights.Size, image.Height, result);
    }

    static RgbImage AlongColumns(RgbImage image, ResampleWeights weights)
    {
        int stride = 3 * image.Width;
        byte[] result = new byte[(long)stride * weights.Size];
        int[] sums = new int[stride];
        for (int y = 0; y < weights.Size; y++)
        {
            Array.Fill(sums, ResampleWeights.Half);
            int from = stride * weights.Start(y);
            foreach (int weight in weights.Of(y))
            {
                var row = image.Pixels.Slice(from, stride);
                for (int i = 0; i < row.Length; i++) sums[i] += row[i] * weight;
                from += stride;
            }
            for (int i = 0; i < stride; i++) result[stride * y + i] = ResampleWeights.ToByte(sums[i]);
        }
        return new RgbImage(image.Width, weights.Size, result);
    }
}

/// <summary>
/// For each pixel of one resized line: which pixels of the original it is made of, and their weights in fixed point with 22 bits, as Pillow has them.
/// </summary>
internal sealed class ResampleWeights
{
    /// <summary>Half of the last bit that stays, so that cutting the fraction off rounds.</summary>
    public const int Half = 1 << (PrecisionBits - 1);
    const int PrecisionBits = 32 - 8 - 2;
    const double LanczosLobes = 3;

    readonly int[] starts;
    readonly int[][] weights;

    ResampleWeights(int[] starts, int[][] weights) => (this.starts, this.weights) = (starts, weights);

    /// <summary>The number of pixels of the resized line.</summary>
    public int Size => starts.Length;

    public int Start(int position) => starts[position];

    public ReadOnlySpan<int> Of(int position) => weights[position];

    public static byte ToByte(int sum) => (byte)Math.Clamp(sum >> PrecisionBits, 0, 255);

    public static ResampleWeights Create(int from, int to, Resample resample)
    {
        double scale = (double)from / to, widening = Math.Max(scale, 1), narrowing = 1 / widening, support = Support(resample) * widening;
        int[] starts = new int[to];
        int[][] weights = new int[to][];
        for (int position = 0; position < to; position++)
        {
            double centre = (position + 0.5) * scale;
            int start = Math.Max((int)(centre - support + 0.5), 0), end = Math.Min((int)(centre + support + 0.5), from);
            double[] exact = new double[end - start];
            for (int i = 0; i < exact.Length; i++) exact[i] = Filter(resample, (start + i - centre + 0.5) * narrowing);
            double sum = exact.Sum();
            starts[position] = start;
            weights[position] = Array.ConvertAll(exact, w => (int)Math.Round(w / sum * (1 << PrecisionBits), MidpointRounding.AwayFromZero));
        }
        return new ResampleWeights(starts, weights);
    }

    static double Support(Resample resample) => resample switch
    {
        Resample.Box => 0.5,
        Resample.Bilinear or Resample.Hamming => 1,
        Resample.Bicubic => 2,
        Resample.Lanczos => LanczosLobes,
        _ => throw new ArgumentOutOfRangeException(nameof(resample), resample, "The filter must be one of Pillow's."),
    };

    static double Filter(Resample resample, double offset) => resample switch
    {
        Resample.Box => offset is > -0.5 and <= 0.5 ? 1 : 0,
        Resample.Bilinear => Math.Max(1 - Math.Abs(offset), 0),
        Resample.Hamming => Hamming(Math.Abs(offset)),
        Resample.Lanczos => offset is >= -LanczosLobes and < LanczosLobes ? Sinc(offset) * Sinc(offset / LanczosLobes) : 0,
        _ => Cubic(Math.Abs(offset)),
    };

    static double Cubic(double x)
    {
        const double a = -0.5;
        if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
        return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
    }

    static double Hamming(double x) => x == 0 ? 1 : x >= 1 ? 0 : Math.Sin(x * Math.PI) / (x * Math.PI) * (0.54 + 0.46 * Math.Cos(x * Math.PI));

    static double Sinc(double x) => x == 0 ? 1 : Math.Sin(x * Math.PI) / (x * Math.PI);
}

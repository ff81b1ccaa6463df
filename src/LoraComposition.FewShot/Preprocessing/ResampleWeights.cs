namespace LoraComposition.FewShot;

/// <summary>For each pixel of one resized line: which pixels of the original it is made of, and their weights in fixed point with 22 bits, as Pillow has them.</summary>
internal sealed class ResampleWeights
{
    /// <summary>Half of the last bit that stays, so that cutting the fraction off rounds.</summary>
    public const int Half = 1 << (PrecisionBits - 1);
    const int PrecisionBits = 32 - 8 - 2;

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
        double scale = (double)from / to, widening = Math.Max(scale, 1), support = Support(resample) * widening;
        int[] starts = new int[to];
        int[][] weights = new int[to][];
        for (int position = 0; position < to; position++)
        {
            double centre = (position + 0.5) * scale;
            int start = Math.Max((int)(centre - support + 0.5), 0), end = Math.Min((int)(centre + support + 0.5), from);
            double[] exact = new double[end - start];
            for (int i = 0; i < exact.Length; i++) exact[i] = Filter(resample, (start + i - centre + 0.5) / widening);
            double sum = exact.Sum();
            starts[position] = start;
            weights[position] = Array.ConvertAll(exact, w => (int)Math.Round(w / sum * (1 << PrecisionBits), MidpointRounding.AwayFromZero));
        }
        return new ResampleWeights(starts, weights);
    }

    static double Support(Resample resample) => resample switch
    {
        Resample.Bilinear => 1,
        Resample.Bicubic => 2,
        _ => throw new ArgumentOutOfRangeException(nameof(resample), resample, "The filter must be Bilinear or Bicubic."),
    };

    static double Filter(Resample resample, double offset)
    {
        const double a = -0.5;
        double x = Math.Abs(offset);
        if (resample == Resample.Bilinear) return Math.Max(1 - x, 0);
        if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
        return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
    }
}

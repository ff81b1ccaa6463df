namespace LoraComposition.FewShot;

/// <summary>Compares two methods on the same samples, by those that only one of the two gets right.</summary>
static class McNemarTest
{
    const double NormalQuantile = 1.959963984540054;

    /// <summary>
    /// The mid-p-value of no difference, two-sided: each of the samples that only one gets right is a coin toss. The exact value is too cautious with few of
    /// them; the usual approximation by χ² is not cautious enough.
    /// </summary>
    /// <param name="onlyFirst">The samples that only the first gets right.</param>
    /// <param name="onlySecond">Those that only the second gets right.</param>
    public static double MidP(int onlyFirst, int onlySecond)
    {
        int tosses = onlyFirst + onlySecond, fewer = Math.Min(onlyFirst, onlySecond);
        // By logarithms: 2^-n alone is 0 for n > 1074.
        double logChoose = 0, below = 0;
        for (int k = 0; ; k++)
        {
            double chance = Math.Exp(logChoose - tosses * Math.Log(2));
            if (k == fewer) return Math.Min(1, 2 * below + chance);
            below += chance;
            logChoose += Math.Log(tosses - k) - Math.Log(k + 1);
        }
    }

    /// <summary>
    /// The 95 % interval of the difference of the two accuracies (Agresti and Min, 2005: Wald's with half a sample more in each of the four cells, so that it
    /// is no point where few samples differ).
    /// </summary>
    /// <param name="onlyFirst">The samples that only the first gets right.</param>
    /// <param name="onlySecond">Those that only the second gets right.</param>
    /// <param name="samples">All samples.</param>
    public static (double Low, double High) Interval(int onlyFirst, int onlySecond, int samples)
    {
        double first = onlyFirst + 0.5, second = onlySecond + 0.5, all = samples + 2, difference = (first - second) / all;
        double reach = NormalQuantile * Math.Sqrt(first + second - (first - second) * difference) / all;
        return (Math.Max(-1, difference - reach), Math.Min(1, difference + reach));
    }
}

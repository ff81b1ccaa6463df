namespace LoraComposition.FewShot;

/// <summary>Wilson's 95 % interval of a part, which stays between 0 and 1 and is no point at either end.</summary>
static class WilsonInterval
{
    const double NormalQuantile = 1.959963984540054;

    // What is added to the count.
    const double Added = NormalQuantile * NormalQuantile;

    /// <param name="part">The part that was found, from 0 to 1.</param>
    /// <param name="count">The number of samples it was found in.</param>
    public static (double Low, double High) Of(double part, int count)
    {
        double middle = (part * count + Added / 2) / (count + Added);
        double reach = NormalQuantile * Math.Sqrt(part * (1 - part) * count + Added / 4) / (count + Added);
        return (middle - reach, middle + reach);
    }
}

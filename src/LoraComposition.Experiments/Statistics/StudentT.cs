namespace LoraComposition.Experiments;

/// <summary>Student's t distribution with a whole number of degrees of freedom.</summary>
static class StudentT
{
    /// <summary>How likely |t| or more is by chance.</summary>
    /// <param name="t">The statistic.</param>
    /// <param name="freedom">The degrees of freedom, at least 1.</param>
    public static double TwoSided(double t, int freedom)
    {
        // Abramowitz and Stegun, 26.7.3 and 26.7.4: with whole degrees of freedom the distribution is a finite sum.
        double angle = Math.Atan(Math.Abs(t) / Math.Sqrt(freedom)), cos = Math.Cos(angle), sum = 0;
        bool odd = freedom % 2 == 1;
        double term = odd ? cos : 1;
        for (int k = odd ? 3 : 2; k <= freedom; k += 2)
        {
            sum += term;
            term *= cos * cos * (k - 1) / k;
        }
        double within = odd ? 2 / Math.PI * (angle + Math.Sin(angle) * sum) : Math.Sin(angle) * sum;
        return Math.Clamp(1 - within, 0, 1);
    }

    /// <summary>The t within which a part of all values lies.</summary>
    /// <param name="freedom">The degrees of freedom, at least 1.</param>
    /// <param name="outside">The part outside, on both sides together, above 0 and below 1.</param>
    public static double Within(int freedom, double outside = 0.05)
    {
        double low = 0, high = 2;
        while (TwoSided(high, freedom) > outside) high *= 2;
        // As many halves as a double has bits, and some.
        for (int i = 0; i < 60; i++)
        {
            double middle = low + (high - low) / 2;
            if (TwoSided(middle, freedom) > outside) low = middle;
            else high = middle;
        }
        return low + (high - low) / 2;
    }
}

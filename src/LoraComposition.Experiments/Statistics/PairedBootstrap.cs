using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>
/// The interval of a difference by drawing again: first the seeds, then the test samples, with replacement, the same ones for both methods and all seeds. The
/// same results always give the same interval.
/// </summary>
static class PairedBootstrap
{
    const int Draws = 2000, EachEnd = Draws / 40;

    /// <summary>The difference with its interval; null where it is not known of every run which samples were right.</summary>
    /// <param name="mean">The mean difference.</param>
    /// <param name="seeds">The runs, at least one.</param>
    public static PairedDifference? TryOf(double mean, IReadOnlyList<PairedScores> seeds)
    {
        if (seeds[0].Bits?.First.Count is not { } samples || samples == 0) return null;
        if (seeds.Any(s => s.Bits is not { } bits || bits.First.Count != samples || bits.Second.Count != samples)) return null;
        double[] differences = Draw(samples, Differing([.. seeds.Select(s => s.Bits!.Value)], samples));
        Array.Sort(differences);
        int below = differences.Count(d => d <= 0), above = differences.Count(d => d >= 0);
        // One more than was drawn, since 2,000 draws cannot show that something never happens.
        double value = Math.Min(1, 2.0 * (Math.Min(below, above) + 1) / (Draws + 1));
        return new(mean, seeds.Count, IntervalBasis.SeedsAndSamples, new(differences[EachEnd], differences[Draws - 1 - EachEnd]), value);
    }

    // Only samples that one of the two gets right with some seed matter: for each of these, +1, 0 or −1 by seed.
    static int[][] Differing((IReadOnlyList<bool> First, IReadOnlyList<bool> Second)[] seeds, int samples) =>
        [.. Enumerable.Range(0, samples).Select(sample => seeds.Select(bits => (bits.First[sample] ? 1 : 0) - (bits.Second[sample] ? 1 : 0)).ToArray())
            .Where(signs => signs.Any(sign => sign != 0))];

    static double[] Draw(int samples, int[][] differing)
    {
        double[] differences = new double[Draws];
        int seeds = differing.Length > 0 ? differing[0].Length : 0;
        if (seeds == 0) return differences;
        var random = new SeededRandom(ExperimentStreams.Bootstrap, samples, seeds);
        int[] times = new int[seeds], weights = new int[differing.Length];
        for (int draw = 0; draw < Draws; draw++)
        {
            Array.Clear(times);
            for (int i = 0; i < seeds; i++) times[random.Next(seeds)]++;
            for (int i = 0; i < weights.Length; i++)
            {
                weights[i] = 0;
                for (int seed = 0; seed < seeds; seed++) weights[i] += times[seed] * differing[i][seed];
            }
            long sum = 0;
            for (int i = 0; i < samples; i += 2)
            {
                // Two draws of 32 bits each; without Lemire's rejection they are off by less than a millionth.
                ulong bits = random.NextUInt64();
                int one = (int)((bits >> 32) * (ulong)samples >> 32), other = (int)((bits & uint.MaxValue) * (ulong)samples >> 32);
                if (one < weights.Length) sum += weights[one];
                if (i + 1 < samples && other < weights.Length) sum += weights[other];
            }
            differences[draw] = (double)sum / ((long)seeds * samples);
        }
        return differences;
    }
}

using System.Diagnostics;

namespace LoraComposition.Benchmarks;

/// <summary>Times several actions in turn, round by round, so that a drift of the machine's speed meets all of them alike.</summary>
static class Stopwatches
{
    /// <summary>Waits until the device has done what it was given; a call only queues work on a GPU. Nothing to do on the CPU.</summary>
    public static Action WaitForDevice { get; set; } = () => { };

    /// <summary>The seconds of each action in each round, after one round that is not counted.</summary>
    public static double[][] Interleaved(int rounds, params Action[] actions)
    {
        var seconds = actions.Select(_ => new double[rounds]).ToArray();
        for (int round = -1; round < rounds; round++)
        {
            for (int i = 0; i < actions.Length; i++)
            {
                WaitForDevice();
                var watch = Stopwatch.StartNew();
                actions[i]();
                WaitForDevice();
                if (round >= 0) seconds[i][round] = watch.Elapsed.TotalSeconds;
            }
        }
        return seconds;
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>The median of the ratios, round by round.</summary>
    public static double Ratio(double[] of, double[] to) => Median(of.Zip(to, (a, b) => a / b));
}

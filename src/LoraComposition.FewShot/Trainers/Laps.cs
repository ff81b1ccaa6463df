using System.Diagnostics;

namespace LoraComposition.FewShot;

/// <summary>How long the parts of a training took.</summary>
sealed class Laps
{
    readonly Stopwatch clock = Stopwatch.StartNew();
    readonly Dictionary<string, double> seconds = [];

    public IReadOnlyDictionary<string, double> Seconds => seconds;

    public void End(string part)
    {
        seconds[part] = Math.Round(clock.Elapsed.TotalSeconds, 3);
        clock.Restart();
    }
}

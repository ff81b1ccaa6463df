using System.Globalization;

namespace LoraComposition.Faults;

/// <summary>
/// How often the tests of faults try theirs. The environment variable <c>LORA_COMPOSITION_FAULTS</c> says how many times as often, for a long run; what that run
/// saw goes to the console.
/// </summary>
internal static class FaultTimes
{
    /// <summary>The factor; 1 where nothing is asked for.</summary>
    public static int Factor { get; } = int.TryParse(Environment.GetEnvironmentVariable("LORA_COMPOSITION_FAULTS"), NumberStyles.None, CultureInfo.InvariantCulture, out int given) ? Math.Max(1, given) : 1;

    /// <summary>Says in a long run what was seen.</summary>
    public static void Say(FormattableString seen)
    {
        if (Factor > 1) Console.WriteLine(FormattableString.Invariant(seen));
    }
}

using System.Globalization;

namespace LoraComposition.Experiments;

/// <summary>How a number of samples per class, K, is written and ordered: <see langword="null"/> is "all" and comes last.</summary>
public static class ShotCount
{
    /// <summary>Writes a K.</summary>
    /// <param name="shots">The K; null for all samples.</param>
    /// <returns>Its digits, or "all".</returns>
    public static string Text(int? shots) => shots?.ToString(CultureInfo.InvariantCulture) ?? "all";

    internal static int Order(int? shots) => shots ?? int.MaxValue;
}

using System.Globalization;

namespace LoraComposition.FewShot.Results;

/// <summary>How a number of samples per class, K, is written and ordered: <see langword="null"/> is "all" and comes last.</summary>
static class ShotCount
{
    public static string Text(int? shots) => shots?.ToString(CultureInfo.InvariantCulture) ?? "all";

    public static int Order(int? shots) => shots ?? int.MaxValue;
}

using System.Globalization;
using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>The declared grid of settings: a method's own learning rate in steps of about three.</summary>
internal static class TuningGrid
{
    /// <summary>The factors of the learning rate, the rate itself first: among equals it stays.</summary>
    public static IReadOnlyList<double> Factors { get; } = [1, 0.1, 0.3, 3, 10];

    /// <summary>The points of a method.</summary>
    /// <param name="method">The method.</param>
    /// <param name="options">The settings to start from.</param>
    /// <returns>A name for files and tables, for example <c>lora-rate-x3</c>, and settings; one point where the method has nothing to set.</returns>
    public static IReadOnlyList<(string Name, TuningOptions Options)> PointsOf(ITuningMethod method, TuningOptions options)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(options);
        return [.. Factors.Select(factor => (Name: string.Create(CultureInfo.InvariantCulture, $"{method.Name}-rate-x{factor}").Replace('.', '-'), Options: method.ScaleRate(options, factor))).DistinctBy(point => point.Options)];
    }
}

using System.Globalization;
using System.Text.Json;

namespace LoraComposition.Experiments;

/// <summary>Says what makes the runs of a table doubtful, each reason once: modules that change nothing, trainings that kept their start.</summary>
public static class RemarkReading
{
    /// <summary>The lines that stand under the table.</summary>
    /// <param name="runs">Its runs.</param>
    /// <returns>A line for each remark that a run holds, with the methods and the number of their runs; none where no run is doubtful.</returns>
    public static IReadOnlyList<string> Of(IReadOnlyList<RunResult> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        return [.. runs.SelectMany(run => Remarks(run).Distinct().Select(remark => (run.Key.Method, Remark: remark))).GroupBy(pair => pair.Remark).Select(same =>
        {
            string[] methods = [.. same.Select(pair => pair.Method).Distinct()];
            return $"{string.Join(", ", methods)}: {same.Key} ({Text(same.Count())} of {Text(runs.Count(run => methods.Contains(run.Key.Method)))} runs)";
        })];
    }

    // What an older version or another program wrote may have none.
    static IEnumerable<string> Remarks(RunResult run) =>
        run.Details is { ValueKind: JsonValueKind.Object } details && details.TryGetProperty("remarks", out var remarks) && remarks.ValueKind == JsonValueKind.Array
            ? remarks.EnumerateArray().Where(remark => remark.ValueKind == JsonValueKind.String).Select(remark => remark.GetString()!) : [];

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

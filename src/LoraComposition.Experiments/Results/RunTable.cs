using System.Globalization;
using System.Text.Json;
using LoraComposition.Files;

namespace LoraComposition.Experiments;

/// <summary>The runs of an experiment as a table of numbers, a row each: what statistics programs and notebooks read without knowing the results' files.</summary>
public static class RunTable
{
    static readonly string[] header = ["method", "k", "seed", "samples", "accuracy", "validationAccuracy", "testCount", "trainableParameters", "headParameters",
        "steps", "bestStep", "bestEpoch", "seconds", "peakMemoryMiB"];

    /// <summary>
    /// Writes the table as CSV, whole or not at all: of each run the method, K (empty for all samples), seed, samples to learn from, scores as fractions, steps,
    /// seconds of all parts together, the peak of memory in MiB, and every number among the settings by a dotted name, for example <c>lora.rank</c>. A field is empty where there is no
    /// number.
    /// </summary>
    /// <param name="path">The file, for example <c>runs.csv</c>; its folder is created where it is missing.</param>
    /// <param name="runs">The runs.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void WriteCsv(string path, IReadOnlyList<RunResult> runs)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentNullException.ThrowIfNull(runs);
        string text = Of(runs);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        AtomicFile.Write(path, text);
    }

    internal static string Of(IReadOnlyList<RunResult> runs) =>
        NumericSettings.ToCsv(header, [.. runs.Select(run => ((IReadOnlyList<string>)Fields(run), NumericSettings.Of(Member(run.Configuration, "options"))))]);

    static string[] Fields(RunResult run) =>
    [
        run.Key.Method, Number(run.Key.Shots), Number(run.Key.Seed), Number(run.SampleIndices.Count), Number(run.Accuracy), Number(run.ValidationAccuracy),
        Number(run.TestCount), Number(run.TrainableParameters), Number(run.HeadParameters), Number(Member(run.Details, "steps")),
        Number(Member(run.Details, "bestStep")), Number(run.BestEpoch), Number(Math.Round(run.Timings.Values.Sum(), 3)),
        Number(run.PeakMemoryMiB),
    ];

    static string Number(double? value) => value?.ToString("R", CultureInfo.InvariantCulture) ?? "";

    static string Number(JsonElement value) => value.ValueKind == JsonValueKind.Number ? Number(value.GetDouble()) : "";

    static JsonElement Member(JsonElement? element, string name) =>
        element is { ValueKind: JsonValueKind.Object } found && found.TryGetProperty(name, out var value) ? value : default;
}

using System.Globalization;
using LoraComposition.Files;

namespace LoraComposition.Experiments;

/// <summary>The log of a search as a table of numbers: every point of every method with its score on the validation part and its settings.</summary>
public static class GridTable
{
    static readonly string[] header = ["method", "point", "validation_accuracy", "validation_loss", "chosen"];

    /// <summary>
    /// Writes it as CSV, whole or not at all: <c>chosen</c> is 1 or 0, and every number among the settings has a column of a dotted name, for example
    /// <c>loraLearningRate</c> and <c>lora.rank</c>.
    /// </summary>
    /// <param name="path">The file, for example <c>grid.csv</c>; its folder is created where it is missing.</param>
    /// <param name="choices">The points.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void WriteCsv(string path, IReadOnlyList<GridChoice> choices)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentNullException.ThrowIfNull(choices);
        string text = NumericSettings.ToCsv(header, [.. choices.Select(choice =>
            ((IReadOnlyList<string>)Fields(choice), NumericSettings.Of(ConfigurationHash.ToJson(choice.Options))))]);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        AtomicFile.Write(path, text);
    }

    static string[] Fields(GridChoice choice) =>
        [choice.Method.Name, choice.Name, Number(choice.Accuracy), Number(choice.Loss), choice.Chosen ? "1" : "0"];

    static string Number(double value) => value.ToString("F6", CultureInfo.InvariantCulture);
}

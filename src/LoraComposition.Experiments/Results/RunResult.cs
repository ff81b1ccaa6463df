using System.Text.Json;
using System.Text.Json.Serialization;

namespace LoraComposition.Experiments;

/// <summary>Everything one run leaves behind: what was run, on what, and what came out. One result is one JSON file.</summary>
public sealed record RunResult
{
    /// <summary>Which run this is.</summary>
    public required RunKey Key { get; init; }

    /// <summary>The hash of the configuration, see <see cref="ConfigurationHash"/>. A run is skipped only where it agrees.</summary>
    public required string ConfigurationHash { get; init; }

    /// <summary>The full configuration, as an object.</summary>
    public required JsonElement Configuration { get; init; }

    /// <summary>The versions of the library, TorchSharp, libtorch, .NET and the operating system.</summary>
    public required IReadOnlyDictionary<string, string> Versions { get; init; }

    /// <summary>The SHA-256 of each input, by file or name: checkpoint, modules, data.</summary>
    public required IReadOnlyDictionary<string, string> Inputs { get; init; }

    /// <summary>The indices of the training samples in the order they were drawn.</summary>
    public required IReadOnlyList<int> SampleIndices { get; init; }

    /// <summary>The training samples of each class, in class order: less than K where a class holds fewer.</summary>
    public required IReadOnlyList<int> EffectiveShots { get; init; }

    /// <summary>The score on the test set, 0 to 1: top-1 accuracy of images, exact match of texts.</summary>
    public required double Accuracy { get; init; }

    /// <summary>Other numbers of the test by camelCase names: <c>loss</c>, for texts also <c>accuracy</c> and <c>optionAccuracy</c>.</summary>
    public IReadOnlyDictionary<string, double> Scores { get; init; } = new Dictionary<string, double>();

    /// <summary>The accuracy on the validation split, 0 to 1; <see langword="null"/> where there is none.</summary>
    public double? ValidationAccuracy { get; init; }

    /// <summary>The mean cross-entropy on the validation split; <see langword="null"/> where there is none, and in results of earlier versions.</summary>
    public double? ValidationLoss { get; init; }

    /// <summary>The number of test samples.</summary>
    public required int TestCount { get; init; }

    /// <summary>
    /// Which of the test samples were right, a bit each, in base64 (<see cref="CorrectSamples"/> reads it); of texts those that match exactly.
    /// <see langword="null"/> in results of earlier versions.
    /// </summary>
    public string? Correct { get; init; }

    /// <summary>The trained numbers without the head.</summary>
    public required long TrainableParameters { get; init; }

    /// <summary>The trained numbers of the head.</summary>
    public required long HeadParameters { get; init; }

    /// <summary>
    /// The epoch the reported weights are from, 0 for those before the first step; <see langword="null"/> where no step was made, and in results of earlier
    /// versions.
    /// </summary>
    public int? BestEpoch { get; init; }

    /// <summary>How long each part took, in seconds.</summary>
    public required IReadOnlyDictionary<string, double> Timings { get; init; }

    /// <summary>
    /// The most memory that the process held from the start of the training to the end of the test, in MiB: its resident set, with the base model, the modules
    /// and what the runs before have left, without the memory of a GPU. <see langword="null"/> where the system does not tell (only Linux does), and in results
    /// of earlier versions.
    /// </summary>
    public double? PeakMemoryMiB { get; init; }

    /// <summary>What only some methods have, for example the learned weights of each layer, or warnings.</summary>
    public JsonElement? Details { get; init; }

    /// <summary>
    /// The learned weight of every module at every layer, with what the layers do where that is recorded; <see langword="null"/> where none was learned. A file
    /// holds them in <see cref="Details"/>.
    /// </summary>
    [JsonIgnore]
    public CompositionWeights? Weights { get; init; }

    /// <summary>When the run started, in UTC.</summary>
    public required DateTimeOffset StartedUtc { get; init; }

    /// <summary>Whether the method chose among candidates, so that its runs may differ in what they trained.</summary>
    internal bool IsChoice => Details is { ValueKind: JsonValueKind.Object } details && details.TryGetProperty("trained", out var trained)
        && trained.ValueKind == JsonValueKind.Object && trained.TryGetProperty("candidates", out _);

    /// <summary>The peak over several runs; null where one of them tells none.</summary>
    internal static double? PeakOf(IEnumerable<RunResult> runs)
    {
        double?[] peaks = [.. runs.Select(run => run.PeakMemoryMiB)];
        return peaks.Contains(null) ? null : peaks.Max();
    }

    /// <summary>The first thing that cannot be, in words; <see langword="null"/> where there is none.</summary>
    internal string? Problem()
    {
        if (string.IsNullOrWhiteSpace(ConfigurationHash)) return "expected a configuration hash, found an empty one";
        if (Configuration.ValueKind != JsonValueKind.Object) return $"expected the configuration as a JSON object, found {Configuration.ValueKind}";
        if (Accuracy is not (>= 0 and <= 1)) return FormattableString.Invariant($"expected an accuracy from 0 to 1, found {Accuracy}");
        if (ValidationAccuracy is not (null or (>= 0 and <= 1)))
            return FormattableString.Invariant($"expected a validation accuracy from 0 to 1, found {ValidationAccuracy}");
        foreach (var (name, count) in new (string, long)[] { ("test count", TestCount), ("number of trainable parameters", TrainableParameters),
            ("number of head parameters", HeadParameters) })
            if (count < 0) return FormattableString.Invariant($"expected a {name} of at least 0, found {count}");
        if (PeakMemoryMiB is not (null or >= 0)) return FormattableString.Invariant($"expected a peak of memory of at least 0 MiB, found {PeakMemoryMiB}");
        return Correct is null ? null : CorrectSamples.Problem(Correct, TestCount, Accuracy);
    }
}

/// <summary>The JSON of a run's file: camelCase, indented, the same bytes on every system; a missing or null member is an error.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    NewLine = "\n",
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(OneLineIntegers)])]
[JsonSerializable(typeof(RunResult))]
sealed partial class RunResultJson : JsonSerializerContext;

/// <summary>Writes integers on one line, since indented output would give each of 50,000 sample indices its own.</summary>
sealed class OneLineIntegers : JsonConverter<IReadOnlyList<int>>
{
    public override IReadOnlyList<int> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray) throw new JsonException("expected an array of integers");
        var numbers = new List<int>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out int number)) throw new JsonException("expected an integer");
            numbers.Add(number);
        }
        return numbers;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<int> value, JsonSerializerOptions options) =>
        writer.WriteRawValue($"[{string.Join(',', value)}]");
}

using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace LoraComposition.FewShot;

/// <summary>How a module was trained, and how well it does on what was held out: all that the module's folder says of it. It holds no path of a machine.</summary>
public sealed record ModuleReport
{
    /// <summary>The module's name.</summary>
    public required string Name { get; init; }

    /// <summary>The base: the name of its folder and the SHA-256 of its weights.</summary>
    public required BaseReference Base { get; init; }

    /// <summary>What the module does, for example <c>image classification</c>.</summary>
    public required string Task { get; init; }

    /// <summary>The name of the data.</summary>
    public required string Data { get; init; }

    /// <summary>The data's hash, in lower-case hexadecimal.</summary>
    public required string DataFingerprint { get; init; }

    /// <summary>The samples of each class that were learned from and held out.</summary>
    public required IReadOnlyList<ClassSamples> Classes { get; init; }

    /// <summary>The pictures or texts that cannot be used and were left out; empty where there were none.</summary>
    public IReadOnlyList<SkippedSample> Skipped { get; init; } = [];

    /// <summary>The settings.</summary>
    public required ModuleTrainingOptions Training { get; init; }

    /// <summary>How the training went, check by check.</summary>
    public required TrainingOutcome Outcome { get; init; }

    /// <summary>The number of the module's numbers, the head's not counted.</summary>
    public required long TrainableParameters { get; init; }

    /// <summary>How pictures were made ready for the model; null for texts.</summary>
    public required ImagePreprocessing? Preprocessing { get; init; }

    /// <summary>What the base computed in.</summary>
    public required string Dtype { get; init; }

    /// <summary>What computed.</summary>
    public required string Device { get; init; }

    /// <summary>The command that made it, paths shortened to their last part; null where it was no command.</summary>
    public string? Command { get; init; }

    /// <summary>What a user should know, in sentences; empty where nothing.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>The versions of the software, by name.</summary>
    public required IReadOnlyDictionary<string, string> Versions { get; init; }

    /// <summary>When it was begun.</summary>
    public required DateTimeOffset StartedUtc { get; init; }

    /// <summary>How long it took; of a training that was gone on with the last part.</summary>
    public required double Seconds { get; init; }

    /// <summary>The score on what was held out before the first step; null where nothing was.</summary>
    [JsonIgnore]
    public ValidationScore? StartScore => Outcome.History.FirstOrDefault(check => check.Step == 0)?.Validation;

    /// <summary>The report as JSON.</summary>
    /// <returns>The text, ended by LF.</returns>
    public string ToJson() => JsonSerializer.Serialize(this, ModuleJson.Default.ModuleReport) + "\n";

    internal static string KeyOf(string baseFingerprint, string dataFingerprint, string rest, ModuleTrainingOptions options) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{baseFingerprint}\n{dataFingerprint}\n{rest}\n{JsonSerializer.Serialize(options, ModuleJson.Default.ModuleTrainingOptions)}")));
}

/// <summary>Writes what a module's folder says of its training.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, NewLine = "\n", PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(ModuleReport))]
[JsonSerializable(typeof(ModuleTrainingOptions))]
sealed partial class ModuleJson : JsonSerializerContext;

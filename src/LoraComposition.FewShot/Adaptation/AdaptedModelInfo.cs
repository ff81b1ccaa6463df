using System.Text.Json;
using System.Text.Json.Serialization;
using LoraComposition.Files;
using LoraComposition.Models;

namespace LoraComposition.FewShot;

/// <summary>What <c>adapted.json</c> says of an adapted model.</summary>
public sealed record AdaptedModelInfo
{
    /// <summary>The version that this library writes and reads.</summary>
    public const int CurrentFormat = 1;

    /// <summary>The version of the folder's format.</summary>
    public int FormatVersion { get; init; } = CurrentFormat;

    /// <summary>The method that made it.</summary>
    public required string Method { get; init; }

    /// <summary>Whether it has an adapter; without one the base model's layers stay as it is.</summary>
    public required bool HasAdapter { get; init; }

    /// <summary>The names of the classes, in the order of the head's rows; empty where each question brings its own choices.</summary>
    public required IReadOnlyList<string> ClassNames { get; init; }

    /// <summary>How texts are written for the model; null for a model of pictures.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TextReading? Text { get; init; }

    /// <summary>The base.</summary>
    public required BaseReference Base { get; init; }

    /// <summary>Says what cannot be, null where everything can.</summary>
    internal string? Problem() =>
        FormatVersion != CurrentFormat ? $"expected format version {CurrentFormat}, found {FormatVersion}; it was written by another version of this library"
        : Text is null && ClassNames.Count == 0 || ClassNames.Any(string.IsNullOrEmpty) ? "expected at least one class, each with a name"
        : Text?.Problem() is { } unreadable ? unreadable
        : ClassNames.Distinct(StringComparer.Ordinal).Count() != ClassNames.Count ? "a class is named twice"
        : Base.Sha256.Length != 64 || !Base.Sha256.All(char.IsAsciiHexDigitLower) ? "expected a SHA-256 of the base in lower-case hexadecimal"
        : string.IsNullOrWhiteSpace(Base.Folder) ? "the folder of the base is empty"
        : null;
}

/// <summary>Which base model an adapted model stands on.</summary>
/// <param name="Folder">The model-hub folder. In the file a path that was given relative is relative to the model's folder, with forward slashes.</param>
/// <param name="Sha256">The SHA-256 of its <c>model.safetensors</c>, or of the names and hashes of its shards, in lower-case hexadecimal.</param>
public sealed record BaseReference(string Folder, string Sha256);

/// <summary>Reads and writes <c>adapted.json</c>.</summary>
static class AdaptedModelInfoFile
{
    const long LargestFile = 16 << 20;

    /// <summary>Reads what a folder says.</summary>
    /// <exception cref="ModelFileException">The folder holds no adapted model, or its description is damaged.</exception>
    public static AdaptedModelInfo Read(string folder)
    {
        string path = Path.Combine(folder, AdaptedModelFiles.Info);
        if (!File.Exists(path)) throw new ModelFileException(folder, $"the folder holds no {AdaptedModelFiles.Info}; give a folder that an adaptation wrote.");
        long length = new FileInfo(path).Length;
        if (length > LargestFile) throw new ModelFileException(path, $"expected at most {LargestFile} bytes, found {length}.");
        try
        {
            var info = JsonSerializer.Deserialize(File.ReadAllBytes(path), AdaptationJson.Default.AdaptedModelInfo);
            string? problem = info is null ? "expected an object, found null" : info.Problem();
            return problem is null ? info! : throw new ModelFileException(path, $"{problem}; adapt the model again.");
        }
        catch (JsonException e)
        {
            throw new ModelFileException(path, $"expected the description of an adapted model, but it is damaged: {e.Message}", e);
        }
    }

    public static void Write(string folder, AdaptedModelInfo info) => AtomicFile.Write(Path.Combine(folder, AdaptedModelFiles.Info), stream =>
    {
        JsonSerializer.Serialize(stream, info, AdaptationJson.Default.AdaptedModelInfo);
        stream.WriteByte((byte)'\n');
    });
}

/// <summary>The JSON of an adapted model's files: camelCase, indented, the same bytes on every system; a missing or null member is an error.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    NewLine = "\n",
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(LinearRoleNames), typeof(SampleKindNames), typeof(ResampleNames), typeof(ResizeFitNames), typeof(CropOffsetNames)])]
[JsonSerializable(typeof(AdaptedModelInfo))]
[JsonSerializable(typeof(AdaptationReport))]
sealed partial class AdaptationJson : JsonSerializerContext
{
    sealed class LinearRoleNames() : JsonStringEnumConverter<LinearRole>(JsonNamingPolicy.CamelCase);

    sealed class SampleKindNames() : JsonStringEnumConverter<SampleKind>(JsonNamingPolicy.CamelCase);

    sealed class ResizeFitNames() : JsonStringEnumConverter<ResizeFit>(JsonNamingPolicy.CamelCase);

    sealed class CropOffsetNames() : JsonStringEnumConverter<CropOffset>(JsonNamingPolicy.CamelCase);

    sealed class ResampleNames() : JsonStringEnumConverter<Resample>(JsonNamingPolicy.CamelCase);
}

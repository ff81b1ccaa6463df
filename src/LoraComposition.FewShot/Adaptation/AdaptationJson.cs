using System.Text.Json.Serialization;

namespace LoraComposition.FewShot;

/// <summary>The JSON of an adapted model's files: camelCase, indented, the same bytes on every system; a missing or null member is an error.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    NewLine = "\n",
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(AdaptedModelInfo))]
[JsonSerializable(typeof(AdaptationReport))]
sealed partial class AdaptationJson : JsonSerializerContext;

using System.Text.Json;
using System.Text.Json.Serialization;
using LoraComposition.Models;

namespace LoraComposition.FewShot;

/// <summary>The JSON of an adapted model's files: camelCase, indented, the same bytes on every system; a missing or null member is an error.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    NewLine = "\n",
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(LinearRoleNames), typeof(ResampleNames)])]
[JsonSerializable(typeof(AdaptedModelInfo))]
[JsonSerializable(typeof(AdaptationReport))]
sealed partial class AdaptationJson : JsonSerializerContext
{
    sealed class LinearRoleNames() : JsonStringEnumConverter<LinearRole>(JsonNamingPolicy.CamelCase);

    sealed class ResampleNames() : JsonStringEnumConverter<Resample>(JsonNamingPolicy.CamelCase);
}

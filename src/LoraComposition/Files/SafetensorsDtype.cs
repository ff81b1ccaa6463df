using static TorchSharp.torch;

namespace LoraComposition.Files;

/// <summary>The element types of the safetensors format and their torch counterparts.</summary>
internal static class SafetensorsDtype
{
    /// <summary>The types that can be read and written, for messages.</summary>
    public const string Supported = "F64, F32, F16, BF16, I64, I32, I16, I8, U8 or BOOL";

    static readonly Dictionary<string, ScalarType> byName = new(StringComparer.Ordinal)
    {
        ["F64"] = ScalarType.Float64,
        ["F32"] = ScalarType.Float32,
        ["F16"] = ScalarType.Float16,
        ["BF16"] = ScalarType.BFloat16,
        ["I64"] = ScalarType.Int64,
        ["I32"] = ScalarType.Int32,
        ["I16"] = ScalarType.Int16,
        ["I8"] = ScalarType.Int8,
        ["U8"] = ScalarType.Byte,
        ["BOOL"] = ScalarType.Bool,
    };

    static readonly Dictionary<ScalarType, string> names = byName.ToDictionary(pair => pair.Value, pair => pair.Key);

    static readonly HashSet<string> unsupported = new(StringComparer.Ordinal)
    {
        "U16", "U32", "U64", "C64", "C128", "F4", "F6_E2M3", "F6_E3M2", "F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ",
    };

    public static bool TryParse(string name, out ScalarType dtype) => byName.TryGetValue(name, out dtype);

    public static bool TryGetName(ScalarType dtype, out string? name) => names.TryGetValue(dtype, out name);

    /// <summary>Whether the format defines the type although this library cannot hold it.</summary>
    public static bool IsKnownButUnsupported(string name) => unsupported.Contains(name);

    /// <summary>The bytes of one element of a supported type.</summary>
    public static int Size(ScalarType dtype) => dtype switch
    {
        ScalarType.Float64 or ScalarType.Int64 => 8,
        ScalarType.Float32 or ScalarType.Int32 => 4,
        ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Int16 => 2,
        _ => 1,
    };
}

using System.Collections.Frozen;
using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>How to export a model to ONNX.</summary>
public sealed record OnnxExportOptions
{
    /// <summary>The type of the weights, and what is computed in: float32 or float16, of half the size. What goes in and comes out is float32. Default float32.</summary>
    public ScalarType Dtype { get; init; } = ScalarType.Float32;

    /// <summary>How the weights came about, for example what <c>Composition.ToProvenance</c> gives; kept in the metadata. Default null: nothing is said.</summary>
    public AdapterProvenance? Provenance { get; init; }

    /// <summary>Further entries of the metadata, for example the preprocessing. Default none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>Checks every setting.</summary>
    /// <exception cref="ArgumentException">The type is neither float32 nor float16, or an entry of the metadata has no name.</exception>
    public void Validate()
    {
        if (Dtype is not (ScalarType.Float32 or ScalarType.Float16))
            throw new ArgumentException($"A model cannot be exported as {Dtype}; expected float32 or float16.", nameof(Dtype));
        ArgumentNullException.ThrowIfNull(Metadata);
        if (Metadata.Keys.Any(string.IsNullOrWhiteSpace)) throw new ArgumentException("An entry of the metadata has no name.", nameof(Metadata));
    }
}

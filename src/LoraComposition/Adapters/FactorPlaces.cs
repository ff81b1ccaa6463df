using LoraComposition.Files;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>Where the two factors of a layer lie in a weights file. It is small, because there is one for each layer of each of many open adapters.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Alpha">The setting alpha that the scaling was made of.</param>
/// <param name="A">The place of A.</param>
/// <param name="B">The place of B.</param>
internal readonly record struct FactorPlaces(AdapterLayer Layer, double Alpha, FactorPlace A, FactorPlace B)
{
    /// <summary>Keeps of a layer what is needed to read it.</summary>
    /// <param name="tensors">The layer's tensors.</param>
    /// <param name="alpha">The setting alpha.</param>
    /// <param name="scaling">The factor in front of <c>B·A</c> that it makes.</param>
    /// <param name="names">Names that several adapters have in common; null where there is one adapter.</param>
    public static FactorPlaces Of((string Layer, TensorInfo A, TensorInfo B, AdapterLayerKind Kind) tensors, double alpha, double scaling,
        Dictionary<string, string>? names)
    {
        var (path, a, b, kind) = tensors;
        long rank = a.Shape[0];
        var dtype = a.Dtype == b.Dtype ? a.Dtype : a.Dtype == ScalarType.Float64 || b.Dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        return new(new(Shared(path), b.Shape[0], a.Shape[1], rank, scaling, dtype, kind), alpha,
            new(Shared(a.Name), a.Dtype, a.Offset), new(Shared(b.Name), b.Dtype, b.Offset));

        string Shared(string name)
        {
            if (names is null) return name;
            if (names.TryGetValue(name, out var known)) return known;
            names.Add(name, name);
            return name;
        }
    }
}

/// <summary>Where one factor lies in a weights file.</summary>
/// <param name="Name">The tensor's name.</param>
/// <param name="Dtype">The type of its numbers.</param>
/// <param name="Offset">Its first byte.</param>
internal readonly record struct FactorPlace(string Name, ScalarType Dtype, long Offset)
{
    /// <summary>The factor as a matrix of the file.</summary>
    public TensorInfo Matrix(long rows, long columns) => new(Name, Dtype, [rows, columns], Offset, rows * columns * SafetensorsDtype.Size(Dtype));
}

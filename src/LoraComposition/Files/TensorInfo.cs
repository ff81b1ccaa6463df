using static TorchSharp.torch;

namespace LoraComposition.Files;

/// <summary>Where one tensor lies in a safetensors file, and what it is.</summary>
/// <param name="Name">The tensor's name.</param>
/// <param name="Dtype">The type of its elements.</param>
/// <param name="Shape">Its dimensions; empty for a single number.</param>
/// <param name="Offset">Its first byte, counted from the start of the file.</param>
/// <param name="ByteLength">How many bytes it takes.</param>
public sealed record TensorInfo(string Name, ScalarType Dtype, IReadOnlyList<long> Shape, long Offset, long ByteLength);

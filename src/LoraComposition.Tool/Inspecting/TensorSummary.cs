using LoraComposition.Files;

namespace LoraComposition.Tool;

/// <summary>One tensor of a file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Dtype">The type of its elements.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Bytes">How many bytes it takes.</param>
sealed record TensorSummary(string Name, string Dtype, IReadOnlyList<long> Shape, long Bytes)
{
    /// <summary>The number of its elements.</summary>
    public long Elements => Shape.Aggregate(1L, (product, side) => product * side);

    public static TensorSummary Of(TensorInfo info) => new(info.Name, info.Dtype.ToString(), info.Shape, info.ByteLength);
}

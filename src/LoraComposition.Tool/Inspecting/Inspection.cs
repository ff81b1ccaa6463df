namespace LoraComposition.Tool;

/// <summary>What a file or folder holds.</summary>
abstract record Inspection
{
    /// <summary>What it is, for readers of the JSON.</summary>
    public abstract string Kind { get; }

    public required string Path { get; init; }

    /// <summary>The tensors, in the order of their bytes.</summary>
    public required IReadOnlyList<TensorSummary> Tensors { get; init; }

    /// <summary>The free text entries of the file.</summary>
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    public long Parameters => Tensors.Sum(tensor => tensor.Elements);

    public long Bytes => Tensors.Sum(tensor => tensor.Bytes);

    /// <summary>The number of elements by type.</summary>
    public IReadOnlyDictionary<string, long> Dtypes => Tensors.GroupBy(tensor => tensor.Dtype).ToDictionary(group => group.Key, group => group.Sum(tensor => tensor.Elements));
}

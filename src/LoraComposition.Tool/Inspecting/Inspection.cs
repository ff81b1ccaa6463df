using LoraComposition.Files;

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
    public IReadOnlyDictionary<string, long> Dtypes => Tensors.GroupBy(tensor => tensor.Dtype)
        .ToDictionary(group => group.Key, group => group.Sum(tensor => tensor.Elements));
}

/// <summary>A safetensors file by itself.</summary>
sealed record TensorFileInspection : Inspection
{
    public override string Kind => "safetensors";
}

/// <summary>The folder of an adapter.</summary>
sealed record AdapterInspection : Inspection
{
    public override string Kind => "adapter";

    public required string Name { get; init; }

    /// <summary>The model it was trained on, where named.</summary>
    public required string? BaseModel { get; init; }

    /// <summary>The revision of that model, where named.</summary>
    public required string? Revision { get; init; }

    /// <summary>The names of the adapted layers without their place: <c>q_proj</c>, <c>v_proj</c>, …</summary>
    public required IReadOnlyList<string> Targets { get; init; }

    public required IReadOnlyList<AdapterLayer> Layers { get; init; }

    /// <summary>The number of layers whose update is zero.</summary>
    public required int ZeroLayers { get; init; }

    /// <summary>The number of classes of a saved head; null where there is none.</summary>
    public required long? HeadClasses { get; init; }

    /// <summary>The SHA-256 of the weights file.</summary>
    public required string? Fingerprint { get; init; }

    /// <summary>How it came about, where the file tells.</summary>
    public required AdapterProvenance? Provenance { get; init; }

    public required IReadOnlyList<string> Warnings { get; init; }
}

/// <summary>One layer of an adapter.</summary>
/// <param name="Path">The layer's path as the file spells it.</param>
/// <param name="Rank">The rank of its factors.</param>
/// <param name="Alpha">The setting alpha that counts for it.</param>
/// <param name="Scaling">The factor in front of B·A.</param>
/// <param name="InFeatures">The width of the layer's input.</param>
/// <param name="OutFeatures">The width of its output.</param>
/// <param name="Norm">The Frobenius norm of the update, scaling included.</param>
sealed record AdapterLayer(string Path, long Rank, double? Alpha, double Scaling, long InFeatures, long OutFeatures, double Norm);

/// <summary>The folder of a model.</summary>
sealed record CheckpointInspection : Inspection
{
    public override string Kind => "checkpoint";

    /// <summary>The kind of model that <c>config.json</c> names, where it does.</summary>
    public required string? Model { get; init; }

    /// <summary>The files that hold the tensors.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>The names of the layers that adapters can target, without their place; null where the model cannot be loaded.</summary>
    public IReadOnlyList<string>? Targets { get; init; }

    /// <summary>Why this library cannot load the model; null where it can.</summary>
    public string? Refusal { get; init; }
}

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

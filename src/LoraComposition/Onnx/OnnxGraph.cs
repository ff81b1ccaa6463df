using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>A graph of ONNX: what goes in and comes out, the nodes in the order of computing, and the weights, which are read when they are written.</summary>
internal sealed class OnnxGraph
{
    readonly List<OnnxNode> nodes = [];
    readonly OrderedDictionary<string, OnnxWeight> weights = new(StringComparer.Ordinal);

    public OnnxGraph(string name, OnnxValue input) => (Name, Input) = (name, input);

    public string Name { get; }

    public OnnxValue Input { get; }

    public OnnxValue? Output { get; set; }

    public IReadOnlyList<OnnxNode> Nodes => nodes;

    public IReadOnlyList<OnnxWeight> Weights => weights.Values;

    /// <summary>Adds a node with one result.</summary>
    /// <returns>The result's name, which is the node's too.</returns>
    public string Add(string operation, string name, IReadOnlyList<string> inputs, params OnnxAttribute[] attributes)
    {
        nodes.Add(new OnnxNode(operation, name, inputs, attributes));
        return name;
    }

    /// <summary>Adds a weight, but for one that several nodes share and that is there already.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="shape">Its shape in the graph.</param>
    /// <param name="dtype">Its type in the graph.</param>
    /// <param name="read">Gives the numbers, in any floating-point type; called within a scope of its own, once.</param>
    /// <returns>The name.</returns>
    public string Weight(string name, long[] shape, ScalarType dtype, Func<Tensor> read)
    {
        weights.TryAdd(name, new OnnxWeight(name, shape, dtype, read));
        return name;
    }

    /// <summary>Whole numbers, as operators take shapes and places.</summary>
    public string Integers(string name, params long[] values) => Weight(name, [values.Length], ScalarType.Int64, () => tensor(values));

    /// <summary>One number.</summary>
    public string Number(string name, double value, ScalarType dtype) => Weight(name, [], dtype, () => tensor(value, dtype: ScalarType.Float32));
}

/// <summary>What goes into a graph or comes out, in float32.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Sizes">Its sizes after the first, which is the batch's and free.</param>
internal sealed record OnnxValue(string Name, IReadOnlyList<long> Sizes);

/// <summary>One operation of a graph, with one result of the node's name.</summary>
internal sealed record OnnxNode(string Operation, string Name, IReadOnlyList<string> Inputs, IReadOnlyList<OnnxAttribute> Attributes);

/// <summary>A setting of an operation: a <see cref="long"/>, a <see cref="float"/> or a list of <see cref="long"/>.</summary>
internal sealed record OnnxAttribute(string Name, object Value);

/// <summary>A constant of a graph.</summary>
internal sealed record OnnxWeight(string Name, long[] Shape, ScalarType Dtype, Func<Tensor> Read)
{
    public long ByteLength => Shape.Aggregate(1L, (product, size) => product * size) * Dtype.ElementSize();
}

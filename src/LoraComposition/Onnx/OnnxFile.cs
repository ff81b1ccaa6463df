using System.Globalization;
using LoraComposition.Files;
using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>Writes a graph as a model file of ONNX (onnx.proto, version 8 of its IR). The weights go through one by one; the rest is small.</summary>
internal sealed class OnnxFile
{
    const int IrVersion = 8;
    const string Batch = "batch";

    readonly OnnxGraph graph;
    readonly byte[] beginning;
    readonly byte[][] weightHeaders;

    /// <summary>Puts everything but the numbers together.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="metadata">Free text entries, written in the order of their keys.</param>
    public OnnxFile(OnnxGraph graph, IEnumerable<KeyValuePair<string, string>> metadata)
    {
        this.graph = graph;
        weightHeaders = [.. graph.Weights.Select(Header)];
        var model = new ProtobufMessage().Integer(Model.IrVersion, IrVersion).Text(Model.ProducerName, nameof(LoraComposition))
            .Text(Model.ProducerVersion, typeof(OnnxFile).Assembly.GetName().Version!.ToString(3))
            .Message(Model.OpsetImport, new ProtobufMessage().Text(OperatorSet.Domain, "").Integer(OperatorSet.Version, OnnxModel.Opset));
        foreach (var (key, value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            model.Message(Model.MetadataProps, new ProtobufMessage().Text(Entry.Key, key).Text(Entry.Value, value));

        var body = GraphWithoutWeights();
        long weights = weightHeaders.Sum(header => header.LongLength) + graph.Weights.Sum(weight => weight.ByteLength);
        model.Announce(Model.Graph, body.Bytes.Length + weights);
        beginning = [.. model.Bytes, .. body.Bytes];
        Length = beginning.Length + weights;
    }

    /// <summary>The bytes of the file.</summary>
    public long Length { get; }

    /// <summary>Writes the file's bytes.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="progress">Is told how many weights are written.</param>
    /// <param name="cancellation">Stops between two weights.</param>
    /// <exception cref="ArgumentException">A number is too large for its type.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void Write(Stream stream, IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        stream.Write(beginning);
        for (int i = 0; i < weightHeaders.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            stream.Write(weightHeaders[i]);
            Write(stream, graph.Weights[i]);
            progress?.Report(new(i + 1, weightHeaders.Length));
        }
    }

    static void Write(Stream stream, OnnxWeight weight)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var value = weight.Read();
        if (NumberRange.Beyond(value, weight.Dtype) is { } large)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                $"Weight '{weight.Name}' holds {large}, which is too large for {weight.Dtype}; export it as float32."));
        SafetensorsWriter.WriteData(stream, value, weight.Dtype);
    }

    ProtobufMessage GraphWithoutWeights()
    {
        var message = new ProtobufMessage();
        foreach (var node in graph.Nodes) message.Message(Graph.Node, Message(node));
        return message.Text(Graph.Name, graph.Name).Message(Graph.Input, Message(graph.Input)).Message(Graph.Output, Message(graph.Output!));
    }

    static ProtobufMessage Message(OnnxNode node)
    {
        var message = new ProtobufMessage();
        foreach (string input in node.Inputs) message.Text(Node.Input, input);
        message.Text(Node.Output, node.Name).Text(Node.Name, node.Name).Text(Node.Operation, node.Operation);
        foreach (var attribute in node.Attributes) message.Message(Node.Attribute, Message(attribute));
        return message;
    }

    static ProtobufMessage Message(OnnxAttribute attribute)
    {
        var message = new ProtobufMessage().Text(Attribute.Name, attribute.Name);
        switch (attribute.Value)
        {
            case float number:
                return message.Float(Attribute.Float, number).Integer(Attribute.Kind, Attribute.KindFloat);
            case long number:
                return message.Integer(Attribute.Integer, number).Integer(Attribute.Kind, Attribute.KindInteger);
            case long[] numbers:
                foreach (long number in numbers) message.Integer(Attribute.Integers, number);
                return message.Integer(Attribute.Kind, Attribute.KindIntegers);
            default:
                throw new ArgumentOutOfRangeException(nameof(attribute), attribute.Value, "An attribute is a long, a float or a list of long.");
        }
    }

    static ProtobufMessage Message(OnnxValue value)
    {
        var shape = new ProtobufMessage().Message(Shape.Dimension, new ProtobufMessage().Text(Dimension.Symbol, Batch));
        foreach (long size in value.Sizes) shape.Message(Shape.Dimension, new ProtobufMessage().Integer(Dimension.Size, size));
        var tensor = new ProtobufMessage().Integer(TensorType.Element, ElementType(ScalarType.Float32)).Message(TensorType.Shape, shape);
        return new ProtobufMessage().Text(ValueInfo.Name, value.Name).Message(ValueInfo.Type, new ProtobufMessage().Message(ValueType.Tensor, tensor));
    }

    /// <summary>All of a weight but its numbers, which come last.</summary>
    static byte[] Header(OnnxWeight weight)
    {
        var message = new ProtobufMessage();
        foreach (long size in weight.Shape) message.Integer(TensorData.Dimensions, size);
        message.Integer(TensorData.Element, ElementType(weight.Dtype)).Text(TensorData.Name, weight.Name).Announce(TensorData.Raw, weight.ByteLength);
        var field = new ProtobufMessage().Announce(Graph.Initializer, message.Bytes.Length + weight.ByteLength);
        return [.. field.Bytes, .. message.Bytes];
    }

    /// <summary>The number of a type in ONNX.</summary>
    public static long ElementType(ScalarType dtype) => dtype switch
    {
        ScalarType.Float32 => 1,
        ScalarType.Int64 => 7,
        ScalarType.Float16 => 10,
        _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "A weight of a graph is float32, float16 or int64."),
    };

    // The numbers of the fields in onnx.proto.
    static class Model
    {
        public const int IrVersion = 1, ProducerName = 2, ProducerVersion = 3, Graph = 7, OpsetImport = 8, MetadataProps = 14;
    }

    static class OperatorSet
    {
        public const int Domain = 1, Version = 2;
    }

    static class Entry
    {
        public const int Key = 1, Value = 2;
    }

    static class Graph
    {
        public const int Node = 1, Name = 2, Initializer = 5, Input = 11, Output = 12;
    }

    static class Node
    {
        public const int Input = 1, Output = 2, Name = 3, Operation = 4, Attribute = 5;
    }

    static class Attribute
    {
        public const int Name = 1, Float = 2, Integer = 3, Integers = 8, Kind = 20;
        public const int KindFloat = 1, KindInteger = 2, KindIntegers = 7;
    }

    static class ValueInfo
    {
        public const int Name = 1, Type = 2;
    }

    static class ValueType
    {
        public const int Tensor = 1;
    }

    static class TensorType
    {
        public const int Element = 1, Shape = 2;
    }

    static class Shape
    {
        public const int Dimension = 1;
    }

    static class Dimension
    {
        public const int Size = 1, Symbol = 2;
    }

    static class TensorData
    {
        public const int Dimensions = 1, Element = 2, Name = 8, Raw = 9;
    }
}

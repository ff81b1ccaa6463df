using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>The layers of a ViT as nodes of ONNX, with what is attached to them merged into their weights.</summary>
/// <param name="graph">The graph that the nodes go to.</param>
/// <param name="config">The model's shape.</param>
/// <param name="dtype">What is computed in.</param>
internal sealed class VitLayersGraph(OnnxGraph graph, VitConfig config, ScalarType dtype)
{
    const string Shared = "vit";

    /// <summary>Attention of some tokens to others.</summary>
    /// <param name="from">The tokens that ask, <c>[batch, asking, d]</c>; the batch may be 1 where it is the same for all.</param>
    /// <param name="to">All tokens, <c>[batch, tokens, d]</c>.</param>
    /// <param name="attention">The layers.</param>
    /// <param name="names">What the layer of a role is called.</param>
    /// <param name="there">What stands in front of the nodes' names.</param>
    /// <returns><c>[batch, asking, d]</c>.</returns>
    public string Attention(string from, string to, VitAttention attention, Func<LinearRole, string> names, string there)
    {
        long heads = config.HeadCount, width = config.HiddenSize / heads;
        // The scale goes to the queries: fewer numbers than the scores are, and 16 bits hold the scores then.
        string queries = graph.Add("Mul", $"{there}/scaled", [Split(from, LinearRole.Query, 0, 2, 1, 3), Number($"{Shared}.attention.scale", 1 / Math.Sqrt(width))]);
        string scores = graph.Add("MatMul", $"{there}/scores", [queries, Split(to, LinearRole.Key, 0, 2, 3, 1)]);
        string shares = graph.Add("Softmax", $"{there}/shares", [scores], new OnnxAttribute("axis", -1L));
        string mixed = graph.Add("MatMul", $"{there}/mixed", [shares, Split(to, LinearRole.Value, 0, 2, 1, 3)]);
        // [batch, heads, asking, width] → [batch, asking, d]
        string turned = graph.Add("Transpose", $"{there}/turned", [mixed], new OnnxAttribute("perm", new long[] { 0, 2, 1, 3 }));
        string together = graph.Add("Reshape", $"{there}/together", [turned, graph.Integers($"{Shared}.attention.together", 0, 0, config.HiddenSize)]);
        return Linear(together, attention.Layer(LinearRole.Output), names(LinearRole.Output));

        // [batch, tokens, d] → [batch, heads, tokens, width], of the keys [batch, heads, width, tokens]
        string Split(string input, LinearRole role, params long[] order)
        {
            string apart = graph.Add("Reshape", $"{there}/{role}/heads",
                [Linear(input, attention.Layer(role), names(role)), graph.Integers($"{Shared}.attention.heads", 0, 0, heads, width)]);
            return graph.Add("Transpose", $"{there}/{role}/turned", [apart], new OnnxAttribute("perm", order));
        }
    }

    /// <summary>A feed-forward part, <c>[batch, tokens, d]</c> → the same.</summary>
    public string FeedForward(string input, VitFeedForward layers, Func<LinearRole, string> names, string there)
    {
        string entered = Linear(input, layers.Enter, names(LinearRole.FeedForwardIn));
        string active = config.Parts.Activation switch
        {
            VitActivation.Gelu => Gelu(entered, $"{there}/gelu"),
            VitActivation.QuickGelu => Gated(entered, graph.Add("Mul", $"{there}/quick", [entered, Number($"{Shared}.gelu.quick", 1.702)]), $"{there}/gelu"),
            VitActivation.TanhGelu => TanhGelu(entered, $"{there}/gelu"),
            _ => SwiGlu(entered, there),
        };
        return Linear(active, layers.Leave, names(LinearRole.FeedForwardOut));
    }

    public string Norm(string input, LayerNorm norm, string path) => graph.Add("LayerNormalization", path.Replace('.', '/'),
        [input, Own($"{path}.weight", norm.weight!), Own($"{path}.bias", norm.bias!)],
        new OnnxAttribute("axis", -1L), new OnnxAttribute("epsilon", (float)config.LayerNormEpsilon));

    /// <summary>A linear layer with what is attached to it merged, <c>x·Wᵀ + b</c>. ONNX multiplies with <c>[in, out]</c>.</summary>
    public string Linear(string input, nn.Module<Tensor, Tensor> layer, string path)
    {
        if (layer is RoutedComposer routed)
            throw new NotSupportedException($"Layer '{path}' is a {routed.GetType().Name}, which weighs its modules for each input; an exported layer has one weight for "
                + $"all. Export a composition with fixed weights, for example {nameof(Composition)}.{nameof(Composition.AttachWeighted)}.");
        var plain = layer is AdaptedLinear { BaseLayer: var inner } ? inner : (Linear)layer;
        string there = path.Replace('.', '/');
        string weight = graph.Weight($"{path}.weight.transposed", [plain.in_features, plain.out_features], dtype,
            () => layer is AdaptedLinear adapted ? adapted.MergedWeight(ScalarType.Float32).t() : plain.weight!.t());
        string product = graph.Add("MatMul", $"{there}/product", [input, weight]);
        return plain.bias is null ? product : graph.Add("Add", $"{there}/sum", [product, Own($"{path}.bias", plain.bias)]);
    }

    /// <summary>A range along one axis.</summary>
    public string Slice(string name, string input, int axis, long start, long end) => graph.Add("Slice", name,
        [input, graph.Integers($"{Shared}.number.{start}", start), graph.Integers($"{Shared}.number.{end}", end), graph.Integers($"{Shared}.number.{axis}", axis)]);

    public string Own(string name, Parameter parameter) => graph.Weight(name, parameter.shape, dtype, () => parameter);

    /// <summary>The exact GELU in the order of operations that ONNX Runtime and others know and fuse: ½·x·(1 + erf(x/√2)).</summary>
    string Gelu(string input, string there)
    {
        string scaled = graph.Add("Div", $"{there}/scaled", [input, Number($"{Shared}.gelu.root", Math.Sqrt(2))]);
        string error = graph.Add("Erf", $"{there}/erf", [scaled]);
        return Halved(input, error, there);
    }

    /// <summary>½·x·(1 + tanh(√(2/π)·x·(1 + 0.044715·x²))).</summary>
    string TanhGelu(string input, string there)
    {
        string square = graph.Add("Mul", $"{there}/square", [input, input]);
        string share = graph.Add("Mul", $"{there}/share", [square, Number($"{Shared}.gelu.cubic", 0.044715)]);
        string inner = graph.Add("Mul", $"{there}/inner", [input, graph.Add("Add", $"{there}/stretch", [share, Number($"{Shared}.gelu.one", 1)])]);
        string tanh = graph.Add("Tanh", $"{there}/tanh", [graph.Add("Mul", $"{there}/scaled", [inner, Number($"{Shared}.gelu.tanh", Math.Sqrt(2 / Math.PI))])]);
        return Halved(input, tanh, there);
    }

    string Halved(string input, string factor, string there)
    {
        string raised = graph.Add("Add", $"{there}/raised", [factor, Number($"{Shared}.gelu.one", 1)]);
        string product = graph.Add("Mul", $"{there}/product", [input, raised]);
        return graph.Add("Mul", $"{there}/half", [product, Number($"{Shared}.gelu.half", 0.5)]);
    }

    /// <summary>[batch, tokens, 2m] → [batch, tokens, m]</summary>
    string SwiGlu(string input, string there)
    {
        long width = config.IntermediateSize;
        string first = Slice($"{there}/first", input, 2, 0, width), second = Slice($"{there}/second", input, 2, width, 2 * width);
        return graph.Add("Mul", $"{there}/gated", [Gated(first, first, $"{there}/silu"), second]);
    }

    /// <summary>x·σ(gate)</summary>
    string Gated(string input, string gate, string there) => graph.Add("Mul", $"{there}/product", [input, graph.Add("Sigmoid", $"{there}/sigmoid", [gate])]);

    string Number(string name, double value) => graph.Number(name, value, dtype);
}

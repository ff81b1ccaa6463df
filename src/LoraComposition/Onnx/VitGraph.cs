using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>The computation of a ViT as a graph of ONNX, with what is attached to its layers merged into their weights.</summary>
internal sealed class VitGraph
{
    const string Root = "vit";

    readonly VisionTransformer model;
    readonly VitConfig config;
    readonly ScalarType dtype;
    readonly OnnxGraph graph;
    readonly Dictionary<(int Layer, LinearRole Role), AdapterSite> sites;

    VitGraph(VisionTransformer model, ScalarType dtype)
    {
        (this.model, config, this.dtype) = (model, model.Config, dtype);
        sites = model.Sites.ToDictionary(site => (site.LayerIndex, site.Role));
        graph = new OnnxGraph(nameof(VisionTransformer), new OnnxValue(OnnxModel.InputName, [config.ChannelCount, config.ImageSize, config.ImageSize]));
    }

    /// <summary>Builds the graph. It refers to the model's weights and is good as long as they are.</summary>
    /// <param name="model">The model.</param>
    /// <param name="dtype">What is computed in; what goes in and comes out is float32.</param>
    /// <exception cref="NotSupportedException">A layer's weight depends on the input.</exception>
    public static OnnxGraph Build(VisionTransformer model, ScalarType dtype)
    {
        var building = new VitGraph(model, dtype);
        building.Build();
        return building.graph;
    }

    void Build()
    {
        string hidden = Embed();
        for (int i = 0; i < config.LayerCount; i++) hidden = Block(hidden, i);
        // [batch, 1, d] → [batch, d]
        string flat = graph.Add("Reshape", $"{Root}/class_token", [Norm(hidden, model.LastNorm, $"{Root}.layernorm"), graph.Integers($"{Root}.class_token.shape", 0, config.HiddenSize)]);
        bool classifies = config.ClassNames.Count > 0;
        string result = classifies ? Linear(flat, config.LayerCount, LinearRole.Head) : flat;
        // A cast of float32 to float32 costs nothing, and gives the result its name.
        string name = graph.Add("Cast", classifies ? OnnxModel.LogitsName : OnnxModel.FeaturesName, [result], new OnnxAttribute("to", OnnxFile.ElementType(ScalarType.Float32)));
        graph.Output = new OnnxValue(name, [classifies ? config.ClassNames.Count : config.HiddenSize]);
    }

    /// <summary>[batch, channels, side, side] → [batch, tokens, d]</summary>
    string Embed()
    {
        var embeddings = model.Embeddings;
        const string here = $"{Root}.embeddings", there = $"{Root}/embeddings";
        string pixels = dtype == ScalarType.Float32 ? OnnxModel.InputName
            : graph.Add("Cast", $"{there}/pixels", [OnnxModel.InputName], new OnnxAttribute("to", OnnxFile.ElementType(dtype)));
        long patch = config.PatchSize, width = config.HiddenSize;
        string projected = graph.Add("Conv", $"{there}/projection",
            [pixels, Own($"{here}.projection.weight", embeddings.Projection.weight!), Own($"{here}.projection.bias", embeddings.Projection.bias!)],
            new OnnxAttribute("kernel_shape", new[] { patch, patch }), new OnnxAttribute("strides", new[] { patch, patch }));
        // [batch, d, grid, grid] → [batch, d, patches] → [batch, patches, d]
        string flat = graph.Add("Reshape", $"{there}/patches", [projected, graph.Integers($"{here}.patches.shape", 0, width, config.TokenCount - 1)]);
        string patches = graph.Add("Transpose", $"{there}/tokens", [flat], new OnnxAttribute("perm", new long[] { 0, 2, 1 }));
        // The class token is the same for every image. Where it belongs a zero is put, and it is added with the positions: no size of the batch is asked for.
        string room = graph.Add("Pad", $"{there}/room", [patches, graph.Integers($"{here}.room", 0, 1, 0, 0, 0, 0)]);
        string positions = graph.Weight($"{here}.positions", [1, config.TokenCount, width], dtype, () =>
        {
            var exact = embeddings.Positions.to(ScalarType.Float32);
            return cat([exact[.., ..1] + embeddings.ClassToken.to(ScalarType.Float32), exact[.., 1..]], 1);
        });
        return graph.Add("Add", $"{there}/sum", [room, positions]);
    }

    /// <summary>[batch, tokens, d] → [batch, tokens, d]; of the last block the class token alone, [batch, 1, d], which is all that is read of it.</summary>
    string Block(string input, int index)
    {
        var block = model.Blocks[index];
        bool last = index == config.LayerCount - 1;
        string here = $"{Root}.layers.{index}", there = $"{Root}/layers/{index}";
        string normed = Norm(input, block.NormBefore, $"{here}.layernorm_before");
        string asking = last ? ClassToken($"{there}/asking", normed) : normed;
        string attended = graph.Add("Add", $"{there}/attended", [last ? ClassToken($"{there}/kept", input) : input, Attention(asking, normed, index)]);
        string entered = Gelu(Linear(Norm(attended, block.NormAfter, $"{here}.layernorm_after"), index, LinearRole.FeedForwardIn), $"{there}/gelu");
        return graph.Add("Add", $"{there}/output", [attended, Linear(entered, index, LinearRole.FeedForwardOut)]);
    }

    string Attention(string from, string to, int index)
    {
        string there = $"{Root}/layers/{index}/attention";
        long heads = config.HeadCount, width = config.HiddenSize / heads;
        // [batch, tokens, d] → [batch, heads, tokens, width], of the keys [batch, heads, width, tokens]
        string Split(string input, LinearRole role, params long[] order)
        {
            string apart = graph.Add("Reshape", $"{there}/{role}/heads", [Linear(input, index, role), graph.Integers($"{Root}.attention.heads", 0, 0, heads, width)]);
            return graph.Add("Transpose", $"{there}/{role}/turned", [apart], new OnnxAttribute("perm", order));
        }
        // The scale goes to the queries: fewer numbers than the scores are, and 16 bits hold the scores then.
        string queries = graph.Add("Mul", $"{there}/scaled",
            [Split(from, LinearRole.Query, 0, 2, 1, 3), Number($"{Root}.attention.scale", 1 / Math.Sqrt(width))]);
        string scores = graph.Add("MatMul", $"{there}/scores", [queries, Split(to, LinearRole.Key, 0, 2, 3, 1)]);
        string shares = graph.Add("Softmax", $"{there}/shares", [scores], new OnnxAttribute("axis", -1L));
        string mixed = graph.Add("MatMul", $"{there}/mixed", [shares, Split(to, LinearRole.Value, 0, 2, 1, 3)]);
        // [batch, heads, asking, width] → [batch, asking, d]
        string turned = graph.Add("Transpose", $"{there}/turned", [mixed], new OnnxAttribute("perm", new long[] { 0, 2, 1, 3 }));
        string together = graph.Add("Reshape", $"{there}/together", [turned, graph.Integers($"{Root}.attention.together", 0, 0, config.HiddenSize)]);
        return Linear(together, index, LinearRole.Output);
    }

    /// <summary>The exact GELU in the order of operations that ONNX Runtime and others know and fuse: ½·x·(1 + erf(x/√2)).</summary>
    string Gelu(string input, string there)
    {
        string scaled = graph.Add("Div", $"{there}/scaled", [input, Number($"{Root}.gelu.root", Math.Sqrt(2))]);
        string error = graph.Add("Erf", $"{there}/erf", [scaled]);
        string raised = graph.Add("Add", $"{there}/raised", [error, Number($"{Root}.gelu.one", 1)]);
        string product = graph.Add("Mul", $"{there}/product", [input, raised]);
        return graph.Add("Mul", $"{there}/half", [product, Number($"{Root}.gelu.half", 0.5)]);
    }

    string ClassToken(string name, string input) =>
        graph.Add("Slice", name, [input, graph.Integers($"{Root}.first.start", 0L), graph.Integers($"{Root}.first.end", 1L), graph.Integers($"{Root}.first.axis", 1L)]);

    string Norm(string input, LayerNorm norm, string path) => graph.Add("LayerNormalization", path.Replace('.', '/'),
        [input, Own($"{path}.weight", norm.weight!), Own($"{path}.bias", norm.bias!)],
        new OnnxAttribute("axis", -1L), new OnnxAttribute("epsilon", (float)config.LayerNormEpsilon));

    /// <summary>A linear layer with what is attached to it merged, <c>x·Wᵀ + b</c>. ONNX multiplies with <c>[in, out]</c>.</summary>
    string Linear(string input, int layer, LinearRole role)
    {
        var site = sites[(layer, role)];
        if (site.Layer is RoutedComposer routed)
            throw new NotSupportedException($"Layer '{site.Path}' is a {routed.GetType().Name}, which weighs its modules for each input; an exported layer has one weight for "
                + $"all. Export a composition with fixed weights, for example {nameof(Composition)}.{nameof(Composition.AttachWeighted)}.");
        var plain = site.BaseLayer;
        string there = site.Path.Replace('.', '/');
        string weight = graph.Weight($"{site.Path}.weight.transposed", [plain.in_features, plain.out_features], dtype,
            () => site.Layer is AdaptedLinear adapted ? adapted.MergedWeight(ScalarType.Float32).t() : plain.weight!.t());
        string product = graph.Add("MatMul", $"{there}/product", [input, weight]);
        return plain.bias is null ? product : graph.Add("Add", $"{there}/sum", [product, Own($"{site.Path}.bias", plain.bias)]);
    }

    string Own(string name, Parameter parameter) => graph.Weight(name, parameter.shape, dtype, () => parameter);

    string Number(string name, double value) => graph.Number(name, value, dtype);
}

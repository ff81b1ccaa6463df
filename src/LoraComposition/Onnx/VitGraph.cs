using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>The computation of a ViT as a graph of ONNX, with what is attached to its layers merged into their weights.</summary>
internal sealed class VitGraph
{
    const string Root = "vit";

    readonly VisionTransformer model;
    readonly VitConfig config;
    readonly VitParts parts;
    readonly ScalarType dtype;
    readonly OnnxGraph graph;
    readonly VitLayersGraph layers;
    readonly Dictionary<(int Layer, LinearRole Role), AdapterSite> sites;

    VitGraph(VisionTransformer model, ScalarType dtype)
    {
        (this.model, config, parts, this.dtype) = (model, model.Config, model.Config.Parts, dtype);
        sites = model.Sites.ToDictionary(site => (site.LayerIndex, site.Role));
        graph = new OnnxGraph(nameof(VisionTransformer), new OnnxValue(OnnxModel.InputName, [config.ChannelCount, config.ImageSize, config.ImageSize]));
        layers = new VitLayersGraph(graph, config, dtype);
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
        string features = Features(hidden);
        bool classifies = config.ClassNames.Count > 0;
        string result = classifies ? Linear(features, LinearRole.Head) : features;
        // A cast of float32 to float32 costs nothing, and gives the result its name.
        string name = graph.Add("Cast", classifies ? OnnxModel.LogitsName : OnnxModel.FeaturesName, [result], new OnnxAttribute("to", OnnxFile.ElementType(ScalarType.Float32)));
        graph.Output = new OnnxValue(name, [classifies ? config.ClassNames.Count : config.FeatureSize]);
    }

    /// <summary>[batch, channels, side, side] → [batch, tokens, d]</summary>
    string Embed()
    {
        var embeddings = model.Embeddings;
        const string here = $"{Root}.embeddings", there = $"{Root}/embeddings";
        string pixels = dtype == ScalarType.Float32 ? OnnxModel.InputName
            : graph.Add("Cast", $"{there}/pixels", [OnnxModel.InputName], new OnnxAttribute("to", OnnxFile.ElementType(dtype)));
        long patch = config.PatchSize, width = config.HiddenSize, front = parts.TokensInFront;
        List<string> inputs = [pixels, layers.Own($"{here}.projection.weight", embeddings.Projection.weight!)];
        if (embeddings.Projection.bias is { } bias) inputs.Add(layers.Own($"{here}.projection.bias", bias));
        string projected = graph.Add("Conv", $"{there}/projection", inputs, new OnnxAttribute("kernel_shape", new[] { patch, patch }),
            new OnnxAttribute("strides", new[] { patch, patch }));
        // [batch, d, grid, grid] → [batch, d, patches] → [batch, patches, d]
        string flat = graph.Add("Reshape", $"{there}/patches", [projected, graph.Integers($"{here}.patches.shape", 0, width, config.TokenCount - front)]);
        string patches = graph.Add("Transpose", $"{there}/tokens", [flat], new OnnxAttribute("perm", new long[] { 0, 2, 1 }));
        // What stands in front is the same for every image. Where it belongs zeros are put, and it is added with the positions: no size of the batch is asked for.
        string room = front == 0 ? patches : graph.Add("Pad", $"{there}/room", [patches, graph.Integers($"{here}.room", 0, front, 0, 0, 0, 0)]);
        string positions = graph.Weight($"{here}.positions", [1, config.TokenCount, width], dtype, Constants);
        string sum = graph.Add("Add", $"{there}/sum", [room, positions]);
        return embeddings.Norm is { } norm ? layers.Norm(sum, norm, $"{here}.norm") : sum;
    }

    /// <summary>All that does not depend on the image: the tokens in front and the positions, <c>[1, tokens, d]</c>.</summary>
    Tensor Constants()
    {
        var embeddings = model.Embeddings;
        // [positions, d]
        var positions = embeddings.Positions.to(ScalarType.Float32).reshape(-1, config.HiddenSize);
        int count = parts.PositionCountInFront;
        List<Tensor> rows = [positions[count..]];
        if (embeddings.Registers is { } registers) rows.Insert(0, registers.to(ScalarType.Float32).squeeze(0));
        if (embeddings.TokensInFront is { Count: > 0 } tokens)
        {
            var front = cat([.. tokens.Select(token => token.to(ScalarType.Float32).squeeze(0))], 0);
            rows.Insert(0, count == 0 ? front : front.Plus(positions[..count]));
        }
        return cat(rows, 0).unsqueeze(0);
    }

    /// <summary>[batch, tokens, d] → [batch, tokens, d]; of the last block the first tokens alone where no others are read of it.</summary>
    string Block(string input, int index)
    {
        var block = model.Blocks[index];
        int? asked = index == config.LayerCount - 1 ? parts.TokensRead : null;
        string here = $"{Root}.layers.{index}", there = $"{Root}/layers/{index}";
        string normed = layers.Norm(input, block.NormBefore, $"{here}.layernorm_before");
        string asking = First(normed, asked, $"{there}/asking");
        string attention = layers.Attention(asking, normed, block.Attention, role => sites[(index, role)].Path, $"{there}/attention");
        string attended = graph.Add("Add", $"{there}/attended", [First(input, asked, $"{there}/kept"), Scaled(attention, block.AttentionScale, $"{here}.attention_scale")]);
        string entering = layers.Norm(attended, block.NormAfter, $"{here}.layernorm_after");
        string left = layers.FeedForward(entering, block.FeedForward, role => sites[(index, role)].Path, there);
        return graph.Add("Add", $"{there}/output", [attended, Scaled(left, block.FeedForwardScale, $"{here}.feed_forward_scale")]);
    }

    string First(string input, int? count, string name) => count is { } first ? layers.Slice(name, input, 1, 0, first) : input;

    string Scaled(string input, TorchSharp.Modules.Parameter? scale, string name) =>
        scale is null ? input : graph.Add("Mul", $"{name.Replace('.', '/')}d", [input, layers.Own(name, scale)]);

    /// <summary>[batch, tokens, d] → [batch, features]</summary>
    string Features(string hidden)
    {
        if (parts.LastNorm == VitNormPlace.BeforePooling) hidden = layers.Norm(hidden, model.LastNorm!, $"{Root}.layernorm");
        string pooled = parts.Pooling switch
        {
            VitPooling.ClassToken => Flat(hidden, "class_token", config.HiddenSize),
            VitPooling.ClassAndDistillationToken => Flat(hidden, "two_tokens", 2 * config.HiddenSize),
            VitPooling.Patches => Patches(hidden),
            VitPooling.ClassTokenAndPatches => graph.Add("Concat", $"{Root}/pooled",
                [Flat(layers.Slice($"{Root}/first", hidden, 1, 0, 1), "class_token", config.HiddenSize), Patches(hidden)], new OnnxAttribute("axis", 1L)),
            _ => Attended(hidden, model.AttentionPool!),
        };
        if (parts.LastNorm == VitNormPlace.AfterPooling) pooled = layers.Norm(pooled, model.LastNorm!, $"{Root}.layernorm");
        return model.Projection is null ? pooled : Linear(pooled, LinearRole.Projection);
    }

    string Patches(string hidden) => graph.Add("ReduceMean", $"{Root}/mean", [layers.Slice($"{Root}/patches", hidden, 1, parts.TokensInFront, config.TokenCount)],
        new OnnxAttribute("axes", (long[])[1]), new OnnxAttribute("keepdims", 0L));

    string Attended(string hidden, VitAttentionPool pool)
    {
        const string here = $"{Root}.pool", there = $"{Root}/pool";
        string found = layers.Attention(layers.Own($"{here}.probe", pool.Probe), hidden, pool.Attention, role => $"{here}.attention.{role}", $"{there}/attention");
        string left = layers.FeedForward(layers.Norm(found, pool.Norm, $"{here}.norm"), pool.FeedForward, role => sites[(config.LayerCount, role)].Path, there);
        return Flat(graph.Add("Add", $"{there}/output", [found, left]), "pooled", config.HiddenSize);
    }

    // [batch, few, d] → [batch, few · d]
    string Flat(string input, string name, long width) => graph.Add("Reshape", $"{Root}/{name}", [input, graph.Integers($"{Root}.{name}.shape", 0, width)]);

    string Linear(string input, LinearRole role)
    {
        var site = sites[(config.LayerCount, role)];
        return layers.Linear(input, site.Layer, site.Path);
    }
}

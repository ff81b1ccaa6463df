using LoraComposition.Files;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Adapters;

/// <summary>The layers of a model of some architecture, as its checkpoint names them, and adapters for it as PEFT writes them.</summary>
/// <param name="Name">What it is called in tests.</param>
/// <param name="Weights">The shape of each adapted layer's weight, by the layer's path.</param>
/// <param name="Targets">What a user of PEFT gives as target modules.</param>
internal sealed record ArchitectureLayout(string Name, IReadOnlyDictionary<string, long[]> Weights, string[] Targets)
{
    public static readonly ArchitectureLayout[] All =
    [
        Of("llama", ["q_proj", "v_proj", "down_proj"], ("model.layers.0.self_attn.q_proj", [8, 6]), ("model.layers.0.self_attn.v_proj", [4, 6]), ("model.layers.10.mlp.down_proj", [6, 10])),
        Of("qwen", ["gate_proj", "up_proj"], ("model.layers.0.mlp.gate_proj", [9, 6]), ("model.layers.0.mlp.up_proj", [9, 6]), ("model.layers.1.mlp.gate_proj", [9, 6])),
        Of("bert", ["query", "dense"], ("bert.encoder.layer.0.attention.self.query", [6, 6]), ("bert.encoder.layer.0.output.dense", [6, 9])),
        Of("whisper", ["k_proj", "fc1"], ("model.decoder.layers.0.encoder_attn.k_proj", [6, 6]), ("model.encoder.layers.0.fc1", [12, 6])),
        Of("clip", ["q_proj", "visual_projection"], ("vision_model.encoder.layers.0.self_attn.q_proj", [6, 6]), ("text_model.encoder.layers.0.self_attn.q_proj", [5, 5]), ("visual_projection", [4, 6])),
        Of("flux", ["to_q", "to_out.0", "proj_in"], ("transformer_blocks.0.attn.to_q", [6, 6]), ("transformer_blocks.0.attn.to_out.0", [6, 6]), ("down_blocks.1.attentions.0.proj_in", [6, 4, 1, 1])),
        Of("embeddings", ["embed_tokens", "o_proj"], ("model.embed_tokens", [11, 6]), ("model.layers.0.self_attn.o_proj", [6, 8])),
    ];

    public static ArchitectureLayout Called(string name) => All.Single(layout => layout.Name == name);

    public static bool IsEmbedding(string layer) => layer.EndsWith("embed_tokens", StringComparison.Ordinal);

    public AdapterLayerKind KindOf(string layer) =>
        IsEmbedding(layer) ? AdapterLayerKind.Embedding : Weights[layer].Length == 4 ? AdapterLayerKind.Convolution : AdapterLayerKind.Linear;

    /// <summary>Writes an adapter as PEFT does: the names a user gave as targets, one rank and alpha, keys and shapes by the kind of layer.</summary>
    public string Write(string folder, int seed, long rank = 2, double alpha = 3, ScalarType dtype = ScalarType.Float32, string[]? saved = null,
        Action<Dictionary<string, Tensor>>? change = null)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed, CPU);
        var tensors = new Dictionary<string, Tensor>();
        foreach (var (layer, weight) in Weights)
        {
            var (outs, ins) = IsEmbedding(layer) ? (weight[1], weight[0]) : (weight[0], weight[1]);
            long[] kernel = weight.Length == 4 ? [1, 1] : [];
            var (a, b) = IsEmbedding(layer) ? ("lora_embedding_A", "lora_embedding_B") : ("lora_A.weight", "lora_B.weight");
            tensors[$"base_model.model.{layer}.{a}"] = randn([rank, ins, .. kernel], generator: generator).to(dtype);
            tensors[$"base_model.model.{layer}.{b}"] = randn([outs, rank, .. kernel], generator: generator).to(dtype);
        }
        change?.Invoke(tensors);
        Directory.CreateDirectory(folder);
        SafetensorsWriter.Write(Path.Combine(folder, "adapter_model.safetensors"), tensors, new Dictionary<string, string> { ["format"] = "pt" });
        File.WriteAllText(Path.Combine(folder, "adapter_config.json"), FormattableString.Invariant($$"""
            {
              "alpha_pattern": {}, "base_model_name_or_path": "some/{{Name}}", "bias": "none", "fan_in_fan_out": false, "lora_alpha": {{alpha}},
              "modules_to_save": {{(saved is null ? "null" : Names(saved))}}, "peft_type": "LORA", "r": {{rank}}, "rank_pattern": {}, "revision": null,
              "target_modules": {{Names(Targets)}}, "use_dora": false, "use_rslora": false
            }
            """));
        return folder;
    }

    static string Names(string[] names) => "[" + string.Join(", ", names.Select(name => $"\"{name}\"")) + "]";

    static ArchitectureLayout Of(string name, string[] targets, params (string Layer, long[] Weight)[] weights) =>
        new(name, weights.ToDictionary(pair => pair.Layer, pair => pair.Weight, StringComparer.Ordinal), targets);
}

using LoraComposition.Files;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Tests.Adapters;

/// <summary>Adapters of one file made by hand in the spellings of kohya and diffusers, and their updates by the definition.</summary>
/// <param name="Name">What it is called in tests.</param>
/// <param name="Layout">How it is spelled.</param>
/// <param name="Layers">The shape of each adapted layer's weight, by the layer's path.</param>
/// <param name="Down">The ending of the first factor, by layer.</param>
/// <param name="Up">The ending of the second.</param>
internal sealed record SingleFile(string Name, AdapterLayout Layout, IReadOnlyDictionary<string, long[]> Layers, Func<string, string> Down, Func<string, string> Up)
{
    public static readonly SingleFile[] All =
    [
        new("sd15-kohya", AdapterLayout.Kohya, new Dictionary<string, long[]>
        {
            ["lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q"] = [8, 8],
            ["lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_out_0"] = [8, 6],
            ["lora_unet_down_blocks_0_attentions_0_proj_in"] = [8, 4, 1, 1],
            ["lora_te_text_model_encoder_layers_0_self_attn_q_proj"] = [6, 6],
        }, _ => ".lora_down.weight", _ => ".lora_up.weight"),
        new("sdxl-kohya", AdapterLayout.Kohya, new Dictionary<string, long[]>
        {
            ["lora_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_k"] = [8, 8],
            ["lora_te1_text_model_encoder_layers_0_mlp_fc1"] = [12, 6],
            ["lora_te2_text_model_encoder_layers_31_mlp_fc2"] = [7, 10],
        }, _ => ".lora_down.weight", _ => ".lora_up.weight"),
        new("flux-kohya", AdapterLayout.Kohya, new Dictionary<string, long[]>
        {
            ["lora_unet_double_blocks_0_img_attn_qkv"] = [18, 6],
            ["lora_transformer_single_transformer_blocks_37_attn_to_q"] = [6, 6],
        }, _ => ".lora_down.weight", _ => ".lora_up.weight"),
        new("flux-diffusers", AdapterLayout.Diffusers, new Dictionary<string, long[]>
        {
            ["transformer.transformer_blocks.0.attn.to_out.0"] = [6, 6],
            ["transformer.single_transformer_blocks.37.proj_mlp"] = [12, 6],
            ["text_encoder.text_model.encoder.layers.0.self_attn.q_proj"] = [5, 5],
        }, _ => ".lora_A.weight", _ => ".lora_B.weight"),
        new("sdxl-diffusers", AdapterLayout.Diffusers, new Dictionary<string, long[]>
        {
            ["unet.down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q"] = [8, 8],
            ["unet.down_blocks.1.attentions.0.proj_in"] = [8, 4, 1, 1],
            ["text_encoder_2.text_model.encoder.layers.31.mlp.fc2"] = [7, 10],
        }, _ => ".lora_A.weight", _ => ".lora_B.weight"),
        new("sd15-older", AdapterLayout.DiffusersBeforePeft, new Dictionary<string, long[]>
        {
            ["unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q"] = [8, 8],
            ["text_encoder.text_model.encoder.layers.0.self_attn.q_proj"] = [6, 6],
        }, layer => layer.StartsWith("text") ? ".lora_linear_layer.down.weight" : ".lora.down.weight", layer => layer.StartsWith("text") ? ".lora_linear_layer.up.weight" : ".lora.up.weight"),
    ];

    public static SingleFile Called(string name) => All.Single(file => file.Name == name);

    public string Write(string path, int seed, long rank = 2, double? alpha = null, ScalarType dtype = ScalarType.Float32, Dictionary<string, string>? metadata = null,
        Action<Dictionary<string, Tensor>>? change = null)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed, CPU);
        var tensors = new Dictionary<string, Tensor>();
        foreach (var (layer, weight) in Layers)
        {
            long[] kernel = weight.Length == 4 ? [1, 1] : [];
            tensors[layer + Down(layer)] = randn([rank, weight[1], .. kernel], generator: generator).to(dtype);
            tensors[layer + Up(layer)] = randn([weight[0], rank, .. kernel], generator: generator).to(dtype);
            if (alpha is { } value) tensors[layer + ".alpha"] = tensor(value).to(dtype);
        }
        change?.Invoke(tensors);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        SafetensorsWriter.Write(path, tensors, metadata ?? []);
        return path;
    }

    /// <summary>The update of each layer in float64 by the definition of the spelling: alpha over rank, 1 where there is no alpha.</summary>
    public Dictionary<string, Tensor> Updates(string path)
    {
        using var file = SafetensorsFile.Open(path);
        return Layers.Keys.ToDictionary(layer => layer, layer =>
        {
            var (a, b) = (file.Read(layer + Down(layer)).to(ScalarType.Float64).flatten(1), file.Read(layer + Up(layer)).to(ScalarType.Float64).flatten(1));
            double scaling = file.Tensors.ContainsKey(layer + ".alpha") ? file.Read(layer + ".alpha").to(ScalarType.Float64).item<double>() / a.shape[0] : 1;
            return b.matmul(a).mul(scaling);
        });
    }
}

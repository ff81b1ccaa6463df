using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LoraComposition.Files;
using static TorchSharp.torch;

namespace LoraComposition.Tool.Tests.Variants;

/// <summary>One ViT in the forms in which the hub and people keep it: each answers as the first does, or is refused in one line.</summary>
public sealed class BaseVariantTests
{
    const string Config = VariantFolder.ModelConfig, Weights = VariantFolder.ModelWeights, Preprocessor = "preprocessor_config.json", Index = "model.safetensors.index.json";

    /// <summary>What answers the same, and how far it may be off.</summary>
    static readonly Dictionary<string, (Action<VariantFolder> Change, double Tolerance)> same = new()
    {
        // Files.
        ["shards"] = (f => Shard(f, "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"), 1e-6),
        ["shards without sizes"] = (f =>
        {
            Shard(f, "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors");
            f.Remove("metadata", Index);
        }, 1e-6),
        ["shards with names of their own"] = (f => Shard(f, "first part.safetensors", "zweiter_Teil.safetensors"), 1e-6),
        ["beside other programs' weights"] = (f =>
        {
            foreach (string name in (string[])["pytorch_model.bin", "tf_model.h5", "flax_model.msgpack", "README.md", ".gitattributes"]) File.WriteAllText(f.At(name), "x");
        }, 1e-6),
        ["a folder in another script"] = (f => Move(f, "база vit (1) 猫"), 1e-6),
        ["a snapshot of the hub's cache"] = (f => Move(f, Path.Combine("models--me--vit", "snapshots", "3f49aa")), 1e-6),
        ["a slash at the end"] = (f => f.Path += Path.DirectorySeparatorChar, 1e-6),

        // Types and names.
        ["float16"] = (f => f.To(ScalarType.Float16, Weights), 1e-3),
        ["bfloat16"] = (f => f.To(ScalarType.BFloat16, Weights), 1e-2),
        ["float64"] = (f => f.To(ScalarType.Float64, Weights), 1e-6),
        ["with a mask token and a pooler"] = (f => Add(f, ("vit.embeddings.mask_token", [1, 1, 32]), ("vit.pooler.dense.weight", [32, 32]), ("vit.pooler.dense.bias", [32])), 1e-6),
        ["metadata"] = (f => f.Tensors((name, tensor) => (name, tensor), Weights, new Dictionary<string, string> { ["format"] = "pt", ["from"] = "C:\\Users\\me", ["猫"] = "\n" }), 1e-6),

        // Settings.
        ["CR LF"] = (f => f.Recode(text => text.ReplaceLineEndings("\r\n"), file: Config), 1e-6),
        ["one line"] = (f => f.Recode(text => JsonNode.Parse(text)!.ToJsonString(), file: Config), 1e-6),
        ["the older name of the type"] = (f => f.Edit(config =>
        {
            config.Remove("dtype");
            config["torch_dtype"] = "float32";
        }, Config), 1e-6),
        ["settings of other programs"] = (f => f.Edit(config =>
        {
            config["_name_or_path"] = "/home/me/x";
            config["auto_map"] = new JsonObject { ["AutoConfig"] = "x.Y" };
            config["problem_type"] = null;
        }, Config), 1e-6),
        ["without what has a default"] = (f => f.Edit(config =>
        {
            foreach (string name in (string[])["encoder_stride", "initializer_range", "pooler_act", "pooler_output_size", "transformers_version", "qkv_bias", "label2id", "hidden_act", "architectures"])
                config.Remove(name);
        }, Config), 1e-6),

        ["an architecture without a type"] = (f => f.Remove("model_type", Config), 1e-6),

        // Preprocessing that says what else is guessed.
        ["a size as a number"] = (f => Preprocess(f, "size", 32), 1e-6),
        ["a size as height and width"] = (f => Preprocess(f, "size", new JsonObject { ["height"] = 32, ["width"] = 32 }), 1e-6),
        ["preprocessing of a fast processor"] = (f => Preprocess(f, "image_processor_type", "ViTImageProcessorFast"), 1e-6),
        ["preprocessing of an old extractor"] = (f => Preprocess(f, "feature_extractor_type", "ViTFeatureExtractor"), 1e-6),
        ["preprocessing with CR LF"] = (f =>
        {
            Preprocess(f, "size", 32);
            f.Recode(text => text.Replace(",", ",\r\n", StringComparison.Ordinal), file: Preprocessor);
        }, 1e-6),
    };

    static readonly Dictionary<string, (Action<VariantFolder> Change, string Says)> refused = new()
    {
        ["another model"] = (f => f.Set("model_type", "bert", Config), "bert"),
        ["a model type that is no text"] = (f => f.Set("model_type", 3, Config), "model_type"),
        ["a mark in front"] = (f => f.Recode(text => text, new UTF8Encoding(true), Config), "byte order mark"),
        ["UTF-16"] = (f => f.Recode(text => text, Encoding.BigEndianUnicode, Config), "UTF-8"),
        ["a comma at the end"] = (f => f.Recode(text => text.TrimEnd()[..^1] + ",}", file: Config), "JSON"),
        ["a wider model"] = (f => f.Set("hidden_size", 64, Config), "expected"),
        ["a deeper model"] = (f => f.Set("num_hidden_layers", 3, Config), "missing"),
        ["layers without end"] = (f => f.Set("num_hidden_layers", 1_000_000_000, Config), "num_hidden_layers"),
        ["heads that do not divide"] = (f => f.Set("num_attention_heads", 5, Config), "num_attention_heads"),
        ["a size as a text"] = (f => f.Set("image_size", "32", Config), "image_size"),
        ["one channel"] = (f =>
        {
            f.Set("num_channels", 1, Config);
            f.Tensors((name, tensor) => (name, name.EndsWith("projection.weight", StringComparison.Ordinal) ? tensor[.., ..1].contiguous() : tensor), Weights);
        }, "channel"),
        ["quantised"] = (f =>
        {
            f.Set("quantization_config", new JsonObject { ["quant_method"] = "bitsandbytes", ["load_in_8bit"] = true }, Config);
            f.Tensors((name, tensor) => (name, name.Contains("key.weight") ? tensor.to(ScalarType.Int8) : tensor), Weights);
        }, "quantised"),
        ["whole numbers"] = (f => f.To(ScalarType.Int8, Weights), "Int8"),
        ["a pickle alone"] = (f => File.Move(f.At(Weights), f.At("pytorch_model.bin")), "pickle"),
        ["weights cut off"] = (f => File.WriteAllBytes(f.At(Weights), File.ReadAllBytes(f.At(Weights))[..^5]), Weights),
        ["a pointer as weights"] = (f => File.WriteAllText(f.At(Weights), "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n"), Weights),
        ["a shard that is missing"] = (f =>
        {
            Shard(f, "one.safetensors", "two.safetensors");
            File.Delete(f.At("two.safetensors"));
        }, "two.safetensors"),
        ["a shard elsewhere"] = (f =>
        {
            Shard(f, "one.safetensors", "two.safetensors");
            f.Edit(index => index["weight_map"]!["classifier.bias"] = "../two.safetensors", Index);
        }, "two.safetensors"),
        ["an index that is none"] = (f =>
        {
            Shard(f, "one.safetensors", "two.safetensors");
            f.Recode(_ => "{\"weight_map\":[]}", file: Index);
        }, "weight_map"),
        ["no configuration"] = (f => File.Delete(f.At(Config)), Config),
        ["preprocessing with a comma at the end"] = (f =>
        {
            Preprocess(f, "size", 32);
            f.Recode(text => text[..^1] + ",}", file: Preprocessor);
        }, Preprocessor),
        ["preprocessing in UTF-16"] = (f =>
        {
            Preprocess(f, "size", 32);
            f.Recode(text => text, Encoding.Unicode, Preprocessor);
        }, Preprocessor),
        ["a mean of two colours"] = (f => Preprocess(f, "image_mean", new JsonArray(0.5, 0.5)), "image_mean"),
        ["a spread of zero"] = (f => Preprocess(f, "image_std", new JsonArray(0.5, 0, 0.5)), "Std must be positive, found 0.5, 0, 0.5."),
        ["a size of zero"] = (f => Preprocess(f, "size", 0), "Size must be from 1 to 4096, found 0."),
        ["a size that the model has not"] = (f => Preprocess(f, "size", 48), "48"),
    };

    public static TheoryData<string> Same => new(same.Keys);

    public static TheoryData<string> Refused => new(refused.Keys);

    [Theory]
    [MemberData(nameof(Same))]
    public async Task AnswersTheSame(string variant)
    {
        var (change, tolerance) = same[variant];
        using var plain = new VariantFolder(Reference.Base);
        using var folder = new VariantFolder(Reference.Base);
        change(folder);

        var (expected, found) = (await PredictionAsync(plain.Path), await PredictionAsync(folder.Path));

        found.Keys.Should().BeEquivalentTo(expected.Keys);
        foreach (var (name, probability) in expected) found[name].Should().BeApproximately(probability, tolerance, name);
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task IsRefusedInOneLine(string variant)
    {
        var (change, says) = refused[variant];
        using var folder = new VariantFolder(Reference.Base);
        change(folder);

        await Outcome.RefusesInOneLineAsync(says, folder.Root, "export", "--model", folder.Path, "--out", Path.Combine(folder.Root, "model.onnx"));
    }

    static async Task<Dictionary<string, double>> PredictionAsync(string model)
    {
        string picture = Path.Combine(model, "..", "picture.png");
        File.WriteAllBytes(picture, BlockPicture.Png(BlockPicture.Colour));
        var (code, output, errors) = await CommandLine.RunAsync("predict", "--model", model, "--images", picture, "--format", "jsonl");
        code.Should().Be(0, string.Join('\n', errors));
        return JsonDocument.Parse(output).RootElement.GetProperty("classes").EnumerateArray()
            .ToDictionary(prediction => prediction.GetProperty("class").GetString()!, prediction => prediction.GetProperty("probability").GetDouble());
    }

    static void Shard(VariantFolder folder, params string[] parts)
    {
        using var scope = NewDisposeScope();
        var map = new JsonObject();
        using (var source = SafetensorsFile.Open(folder.At(Weights)))
        {
            string[] names = [.. source.Tensors.Keys];
            foreach (var (n, part) in parts.Index())
            {
                var tensors = names.Where((_, position) => position % parts.Length == n).ToDictionary(name => name, name => source.Read(name).clone());
                foreach (string name in tensors.Keys) map[name] = part;
                SafetensorsWriter.Write(folder.At(part), tensors);
            }
        }
        File.Delete(folder.At(Weights));
        File.WriteAllText(folder.At(Index), new JsonObject { ["metadata"] = new JsonObject { ["total_size"] = 96788 }, ["weight_map"] = map }.ToJsonString());
    }

    static void Add(VariantFolder folder, params (string Name, long[] Shape)[] added)
    {
        using var scope = NewDisposeScope();
        Dictionary<string, Tensor> tensors;
        using (var source = SafetensorsFile.Open(folder.At(Weights))) tensors = source.Tensors.Keys.ToDictionary(name => name, name => source.Read(name).clone());
        foreach (var (name, shape) in added) tensors.Add(name, ones(shape));
        SafetensorsWriter.Write(folder.At(Weights), tensors);
    }

    static void Preprocess(VariantFolder folder, string setting, JsonNode value)
    {
        var config = new JsonObject
        {
            ["do_resize"] = true,
            ["size"] = 32,
            ["resample"] = 2,
            ["do_rescale"] = true,
            ["rescale_factor"] = 1 / 255.0,
            ["do_normalize"] = true,
            ["image_mean"] = new JsonArray(0.5, 0.5, 0.5),
            ["image_std"] = new JsonArray(0.5, 0.5, 0.5),
        };
        config[setting] = value;
        File.WriteAllText(folder.At(Preprocessor), config.ToJsonString());
    }

    static void Move(VariantFolder folder, string name)
    {
        string place = Path.Combine(folder.Root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(place)!);
        Directory.Move(folder.Path, place);
        folder.Path = place;
    }
}

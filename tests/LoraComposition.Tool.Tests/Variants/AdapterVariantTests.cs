using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace LoraComposition.Tool.Tests.Variants;

/// <summary>One adapter in the forms in which programs and people leave it: each gives the same update, or one line that says what is wrong.</summary>
public sealed class AdapterVariantTests
{
    const string Prefix = "base_model.model.", Query0 = "vit.layers.0.attention.q_proj";

    /// <summary>What is read, and by how much it multiplies the update of a layer.</summary>
    static readonly Dictionary<string, (Action<VariantFolder> Change, Func<string, double> Factor)> read = new()
    {
        // Keys.
        ["no prefix"] = (f => f.Rename(Without), Same),
        ["one base_model"] = (f => f.Rename(name => "base_model." + Without(name)), Same),
        ["prefix twice"] = (f => f.Rename(name => Prefix + name), Same),
        ["module"] = (f => f.Rename(name => "module." + name), Same),
        ["module inside"] = (f => f.Rename(name => Prefix + "module." + Without(name)), Same),
        ["compiled and parallel"] = (f => f.Rename(name => "_orig_mod.module." + name), Same),
        ["compiled inside"] = (f => f.Rename(name => name.Replace(".layers.", "._orig_mod.layers.", StringComparison.Ordinal)), Same),
        ["model"] = (f => f.Rename(name => "model." + name), Same),
        ["sharded wrapper"] = (f => f.Rename(name => "_fsdp_wrapped_module." + name), Same),
        ["name default"] = (f => f.Rename(name => Named(name, "default")), Same),
        ["name of its folder"] = (f => f.Rename(name => Named(name, "variant")), Same),
        ["name in another script"] = (f => f.Rename(name => Named(name, "плоды")), Same),
        ["bare backbone"] = (f => f.Rename(name => name.Replace("vit.", "", StringComparison.Ordinal)), Same),
        ["names of transformers 4"] = (f => Copy("vit-a-v4names", f), Same),
        ["names of transformers 4, bare and without prefix"] = (f =>
        {
            Copy("vit-a-v4names", f);
            f.Rename(name => Without(name).Replace("vit.", "", StringComparison.Ordinal));
        }, Same),

        // Types.
        ["float16"] = (f => f.To(ScalarType.Float16), Same),
        ["bfloat16"] = (f => f.To(ScalarType.BFloat16), Same),
        ["float64"] = (f => f.To(ScalarType.Float64), Same),
        ["A in float16, B in float32"] = (f => f.Tensors((name, tensor) => (name, name.Contains("lora_A") ? tensor.to(ScalarType.Float16) : tensor)), Same),

        // Settings.
        ["targets as a pattern"] = (f => f.Set("target_modules", ".*\\.(q|k|v)_proj"), Same),
        ["targets as a pattern with a look"] = (f => f.Set("target_modules", "(?!.*classifier).*attention\\.(?:q_proj|k_proj|v_proj)$"), Same),
        ["targets as paths"] = (f => f.Set("target_modules", new JsonArray([.. from block in (int[])[0, 1] from part in "qkv" select (JsonNode)$"vit.layers.{block}.attention.{part}_proj"])), Same),
        ["targets with prefix"] = (f => f.Set("target_modules", new JsonArray("base_model.model.vit.layers.0.attention.q_proj", "attention.q_proj", "k_proj", "v_proj")), Same),
        ["targets more than there are"] = (f => f.Set("target_modules", new JsonArray("q_proj", "k_proj", "v_proj", "gate_proj")), Same),
        ["excluded and still named"] = (f =>
        {
            f.Set("exclude_modules", new JsonArray("v_proj"));
            f.Tensors((name, tensor) => (name.Contains("v_proj") ? null : name, tensor));
        }, layer => layer.EndsWith("v_proj", StringComparison.Ordinal) ? 0 : 1),
        ["alpha of one kind"] = (f => f.Set("alpha_pattern", new JsonObject { ["q_proj"] = 12 }), layer => layer.EndsWith("q_proj", StringComparison.Ordinal) ? 3 : 1),
        ["alpha of one layer by a pattern"] = (f => f.Set("alpha_pattern", new JsonObject { [".*layers\\.0\\.attention\\.q_proj"] = 2 }), layer => layer == Query0 ? 0.5 : 1),
        ["rank of one layer"] = (f =>
        {
            f.Set("rank_pattern", new JsonObject { ["layers.0.attention.q_proj"] = 8 });
            f.Tensors((name, tensor) => (name, name.Contains(Query0) ? cat([tensor, zeros_like(tensor)], name.Contains("lora_A") ? 0 : 1) : tensor));
        }, layer => layer == Query0 ? 0.5 : 1),
        ["rank-stabilised"] = (f => f.Set("use_rslora", true), _ => 2),
        ["alpha with a point"] = (f => f.Set("lora_alpha", 4.0), Same),
        ["alpha of a half"] = (f => f.Set("lora_alpha", 0.5), _ => 0.125),
        ["alpha below zero"] = (f => f.Set("lora_alpha", -4), Same),
        ["fan_in_fan_out"] = (f => f.Set("fan_in_fan_out", true), Same),
        ["without alpha"] = (f => f.Remove("lora_alpha"), _ => 2),
        ["without base_model_name_or_path"] = (f => f.Remove("base_model_name_or_path"), Same),
        ["without peft_version and dropout"] = (f =>
        {
            f.Remove("peft_version");
            f.Remove("lora_dropout");
        }, Same),
        ["only what is needed"] = (f => File.WriteAllText(f.At(VariantFolder.Config), """{"peft_type":"LORA","r":4,"lora_alpha":4,"target_modules":["q_proj","k_proj","v_proj"]}"""), Same),
        ["an empty name of the base"] = (f => f.Set("base_model_name_or_path", ""), Same),
        ["a Windows path as base"] = (f => f.Set("base_model_name_or_path", "C:\\models\\vit-hf"), Same),
        ["a path of another machine as base"] = (f => f.Set("base_model_name_or_path", "/home/someone/checkpoints/vit-hf/"), Same),

        // Encodings.
        ["CR LF"] = (f => f.Recode(text => text.ReplaceLineEndings("\r\n")), Same),
        ["one line of JSON"] = (f => f.Recode(text => JsonNode.Parse(text)!.ToJsonString()), Same),
        ["escaped letters"] = (f => f.Recode(text => text.Replace("q_proj", "\\u0071_proj", StringComparison.Ordinal)), Same),
        ["metadata"] = (f => f.Tensors((name, tensor) => (name, tensor),
            metadata: new Dictionary<string, string> { ["format"] = "pt", ["path"] = "C:\\Users\\me\\out", ["Größe"] = "猫\n", ["empty"] = "" }), Same),

        // Layouts.
        ["in a sub-folder"] = (f => Into(f, "default"), Same),
        ["in a sub-folder with a name of its own"] = (f => Into(f, "my task 猫"), Same),
        ["beside a training's files"] = (f =>
        {
            foreach (string name in (string[])["README.md", "optimizer.pt", "training_args.bin", ".DS_Store", "tokenizer.json", "adapter_model.bin"]) File.WriteAllText(f.At(name), "x");
            Directory.CreateDirectory(f.At("runs", "events"));
        }, Same),
        ["spaces and other scripts in the path"] = (f => Move(f, "my adapter (übung) 猫"), Same),
        ["a slash at the end"] = (f => f.Path += Path.DirectorySeparatorChar, Same),
        ["a path with dots"] = (f => f.Path = Path.Combine(f.Path, "..", "variant", "."), Same),
    };

    /// <summary>What is refused, and what the line says.</summary>
    static readonly Dictionary<string, (Action<VariantFolder> Change, string Says)> refused = new()
    {
        ["targets as a flag"] = (f => f.Set("target_modules", true), "'target_modules'"),
        ["targets as a number"] = (f => f.Set("target_modules", 3), "'target_modules'"),
        ["a target that is no text"] = (f => f.Set("target_modules", new JsonArray("q_proj", 1)), "'target_modules'"),
        ["a pattern that is none"] = (f => f.Set("target_modules", "("), "target_modules"),
        ["alpha as a text"] = (f => f.Set("lora_alpha", "4"), "'lora_alpha'"),
        ["alpha that is no number"] = (f => f.Recode(text => text.Replace("\"lora_alpha\": 4", "\"lora_alpha\": NaN", StringComparison.Ordinal)), "JSON"),
        ["rank of zero"] = (f => f.Set("r", 0), "'r'"),
        ["alpha_pattern as a list"] = (f => f.Set("alpha_pattern", new JsonArray()), "'alpha_pattern'"),
        ["another kind"] = (f => f.Set("peft_type", "LOHA"), "LoHa"),
        ["a kind of tomorrow"] = (f => f.Set("peft_type", "TELEPATHY"), "TELEPATHY"),
        ["a kind that is no text"] = (f => f.Set("peft_type", 7), "peft_type"),
        ["DoRA"] = (f => f.Set("use_dora", true), "DoRA"),
        ["biases"] = (f => f.Set("bias", "lora_only"), "bias"),
        ["a setting of another model"] = (f => f.Set("layer_replication", new JsonArray(new JsonArray(0, 1))), "layer_replication"),
        ["a mark in front"] = (f => f.Recode(text => text, new UTF8Encoding(true)), "byte order mark"),
        ["UTF-16"] = (f => f.Recode(text => text, Encoding.Unicode), "UTF-8"),
        ["UTF-32, big end first"] = (f => f.Recode(text => text, new UTF32Encoding(true, true)), "UTF-8"),
        ["Latin-1"] = (f =>
        {
            f.Set("base_model_name_or_path", "x");
            f.Recode(text => text.Replace("\"x\"", "\"Größe\"", StringComparison.Ordinal), Encoding.Latin1);
        }, "UTF-8"),
        ["a comma at the end"] = (f => f.Recode(text => text.TrimEnd()[..^1] + ",}"), "JSON"),
        ["a comment"] = (f => f.Recode(text => "// mine\n" + text), "JSON"),
        ["an empty configuration"] = (f => f.Recode(_ => ""), "the file is empty"),
        ["a list as configuration"] = (f => f.Recode(_ => "[]"), "expected a JSON object"),
        ["a page of the hub as configuration"] = (f => f.Recode(_ => "<!DOCTYPE html>\n<html></html>"), "JSON"),
        ["a pointer as weights"] = (f => File.WriteAllText(f.At(VariantFolder.Weights), "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n"), VariantFolder.Weights),
        ["weights cut off"] = (f => File.WriteAllBytes(f.At(VariantFolder.Weights), File.ReadAllBytes(f.At(VariantFolder.Weights))[..^7]), VariantFolder.Weights),
        ["whole numbers"] = (f => f.To(ScalarType.Int8), "lora_"),
        ["a name with capitals"] = (f => File.Move(f.At(VariantFolder.Weights), f.At("adapter_model.SAFETENSORS")), VariantFolder.Weights),
        ["a pickle alone"] = (f => File.Move(f.At(VariantFolder.Weights), f.At("adapter_model.bin")), "pickle"),
        ["no configuration"] = (f => File.Delete(f.At(VariantFolder.Config)), VariantFolder.Config),
        ["two sub-folders"] = (f =>
        {
            Into(f, "one");
            Directory.CreateDirectory(f.At("two"));
            foreach (string file in Directory.GetFiles(f.At("one"))) File.Copy(file, f.At("two", Path.GetFileName(file)));
        }, "several adapters"),
        ["half a pair"] = (f => f.Tensors((name, tensor) => (name.Contains(Query0 + ".lora_B") ? null : name, tensor)), "lora_"),
        ["factors the wrong way"] = (f => f.Tensors((name, tensor) => (name, tensor.t().contiguous())), "expected"),
        ["layers of another model"] = (f =>
        {
            f.Rename(name => name.Replace("vit.layers", "language_model.blocks", StringComparison.Ordinal));
            f.Remove("target_modules");
            f.Set("target_modules", new JsonArray("q_proj", "k_proj", "v_proj"));
        }, "language_model"),
        ["layers of a wider model"] = (f => f.Tensors((name, tensor) => (name, name.Contains("lora_A") ? cat([tensor, tensor], 1) : tensor)), "expected"),
        ["numbers that are none"] = (f => f.Tensors((name, tensor) => (name, tensor.mul(double.NaN))), "NaN"),
        ["the configuration given"] = (f => f.Path = f.At(VariantFolder.Config), VariantFolder.Config),
        ["the place of no adapter"] = (f => f.Path = f.At("elsewhere"), "elsewhere"),
    };

    public static TheoryData<string> Read => new(read.Keys);

    public static TheoryData<string> Refused => new(refused.Keys);

    [Theory]
    [MemberData(nameof(Read))]
    public async Task IsReadAsWhatItIs(string variant)
    {
        var (change, factor) = read[variant];
        using var folder = new VariantFolder(Reference.Adapter("vit-a"));
        change(folder);
        var norms = await NormsAsync();

        var (code, output, errors) = await CommandLine.RunAsync("check", "--base", Reference.Base, "--adapter", folder.Path, "--json");

        code.Should().Be(0, output + string.Join('\n', errors));
        errors.Should().BeEmpty();
        var check = JsonDocument.Parse(output).RootElement.GetProperty("adapters")[0];
        check.GetProperty("matched").GetArrayLength().Should().Be(norms.Keys.Count(layer => factor(layer) != 0));
        double expected = Math.Sqrt(norms.Sum(layer => Math.Pow(factor(layer.Key) * layer.Value, 2)));
        check.GetProperty("norm").GetDouble().Should().BeApproximately(expected, expected * (variant.Contains("float16") ? 3e-3 : 1e-5));
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task IsRefusedInOneLine(string variant)
    {
        var (change, says) = refused[variant];
        using var folder = new VariantFolder(Reference.Adapter("vit-a"));
        change(folder);

        await Outcome.RefusesInOneLineAsync(says, folder.Root, "compose", "--base", Reference.Base, "--adapter", folder.Path, "--as", "adapter", "--out", Path.Combine(folder.Root, "out"));
    }

    /// <summary>How large the update of each layer is where nothing was changed.</summary>
    static async Task<Dictionary<string, double>> NormsAsync()
    {
        var (_, output, _) = await CommandLine.RunAsync("inspect", Reference.Adapter("vit-a"), "--json");
        return JsonDocument.Parse(output).RootElement.GetProperty("layers").EnumerateArray().ToDictionary(layer => layer.GetProperty("path").GetString()!, layer => layer.GetProperty("norm").GetDouble());
    }

    static double Same(string layer) => 1;

    static string Without(string name) => name.Replace(Prefix, "", StringComparison.Ordinal);

    static string Named(string name, string adapter) => name.Replace(".weight", $".{adapter}.weight", StringComparison.Ordinal);

    static void Copy(string fixture, VariantFolder folder)
    {
        foreach (string file in Directory.GetFiles(Reference.Adapter(fixture))) File.Copy(file, folder.At(Path.GetFileName(file)), overwrite: true);
    }

    static void Into(VariantFolder folder, string name)
    {
        Directory.CreateDirectory(folder.At(name));
        foreach (string file in Directory.GetFiles(folder.Path)) File.Move(file, folder.At(name, Path.GetFileName(file)));
    }

    static void Move(VariantFolder folder, string name)
    {
        string place = Path.Combine(folder.Root, name);
        Directory.Move(folder.Path, place);
        folder.Path = place;
    }
}

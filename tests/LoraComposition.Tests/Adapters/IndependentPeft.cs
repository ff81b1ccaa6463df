using System.Buffers.Binary;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace LoraComposition.Tests.Adapters;

/// <summary>
/// Reads a PEFT folder with none of the library's code, as PEFT 0.20 does it: which layers are targets, the rank and alpha of each by pattern, the shapes that
/// PEFT makes and loads into, and the update of each weight in the weight's own shape.
/// </summary>
internal sealed class IndependentPeft
{
    readonly JsonElement config;
    readonly Dictionary<string, (long[] Shape, double[] Numbers)> tensors = new(StringComparer.Ordinal);

    public IndependentPeft(string folder)
    {
        config = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "adapter_config.json"))).RootElement;
        config.GetProperty("peft_type").GetString().Should().Be("LORA");
        var bytes = File.ReadAllBytes(Path.Combine(folder, "adapter_model.safetensors"));
        var start = 8 + (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        using var header = JsonDocument.Parse(bytes.AsMemory(8, start - 8));
        foreach (var entry in header.RootElement.EnumerateObject().Where(entry => entry.Name != "__metadata__"))
        {
            entry.Name.Should().StartWith("base_model.model.");
            var offsets = entry.Value.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt32()).ToArray();
            tensors.Add(entry.Name["base_model.model.".Length..],
                ([.. entry.Value.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64())],
                Numbers(bytes.AsSpan(start + offsets[0], offsets[1] - offsets[0]), entry.Value.GetProperty("dtype").GetString()!)));
        }
    }

    public string? BaseModel => config.GetProperty("base_model_name_or_path").GetString();

    /// <summary>The tensors of modules that PEFT replaces whole, by their names in the model.</summary>
    public Dictionary<string, double[]> Saved()
    {
        var modules = config.GetProperty("modules_to_save") is { ValueKind: JsonValueKind.Array } names ? names.EnumerateArray().Select(name => name.GetString()!).ToArray() : [];
        var saved = SavedAnywhere();
        saved.Keys.Where(name => !modules.Any(module => name.StartsWith(module + ".") || name.Contains("." + module + "."))).Should().BeEmpty();
        return saved;
    }

    /// <summary>The same where some are not named by the configuration.</summary>
    public Dictionary<string, double[]> SavedAnywhere() =>
        tensors.Where(tensor => !tensor.Key.Contains(".lora_")).ToDictionary(tensor => tensor.Key.Replace(".modules_to_save.default.", ".").Replace(".modules_to_save.", "."), tensor => tensor.Value.Numbers);

    /// <summary>The update of each weight of a model, by layer.</summary>
    /// <param name="model">The model's layers with the shapes of their weights; a matrix of an embedding is named by <paramref name="isEmbedding"/>.</param>
    /// <param name="isEmbedding">Which layers are embeddings.</param>
    public Dictionary<string, double[]> Updates(IReadOnlyDictionary<string, long[]> model, Func<string, bool> isEmbedding)
    {
        var targets = config.GetProperty("target_modules").EnumerateArray().Select(name => name.GetString()!).ToArray();
        var used = new HashSet<string>();
        var updates = new Dictionary<string, double[]>(StringComparer.Ordinal);
        foreach (var (layer, weight) in model.Where(layer => targets.Any(target => layer.Key == target || layer.Key.EndsWith("." + target))))
        {
            var rank = (long)Setting("r", "rank_pattern", layer);
            var alpha = Setting("lora_alpha", "alpha_pattern", layer);
            var scaling = alpha / (config.GetProperty("use_rslora").GetBoolean() ? Math.Sqrt(rank) : rank);
            var embedding = isEmbedding(layer);
            var (a, b) = embedding ? ($"{layer}.lora_embedding_A", $"{layer}.lora_embedding_B") : ($"{layer}.lora_A.weight", $"{layer}.lora_B.weight");
            var (outs, ins) = embedding ? (weight[1], weight[0]) : (weight[0], weight[1]);
            long[] kernel = weight.Length == 4 ? [1, 1] : [];
            tensors[a].Shape.Should().Equal([rank, ins, .. kernel], a);
            tensors[b].Shape.Should().Equal([outs, rank, .. kernel], b);
            used.UnionWith([a, b]);
            var update = new double[outs * ins];
            for (long o = 0; o < outs; o++)
                for (long i = 0; i < ins; i++)
                    for (long r = 0; r < rank; r++)
                        update[embedding ? i * outs + o : o * ins + i] += scaling * tensors[b].Numbers[o * rank + r] * tensors[a].Numbers[r * ins + i];
            updates.Add(layer, update);
        }
        tensors.Keys.Where(name => name.Contains(".lora_")).Should().BeEquivalentTo(used, "PEFT calls what is left over unexpected keys");
        return updates;
    }

    double Setting(string setting, string patterns, string layer)
    {
        foreach (var pattern in config.GetProperty(patterns).EnumerateObject())
            if (Regex.IsMatch(layer, $@"^(.*\.)?({pattern.Name})$")) return pattern.Value.GetDouble();
        return config.GetProperty(setting).GetDouble();
    }

    static double[] Numbers(ReadOnlySpan<byte> bytes, string dtype)
    {
        var size = dtype switch { "F64" or "I64" => 8, "F32" => 4, _ => 2 };
        var numbers = new double[bytes.Length / size];
        for (var i = 0; i < numbers.Length; i++)
        {
            var at = bytes[(i * size)..];
            numbers[i] = dtype switch
            {
                "F64" => BinaryPrimitives.ReadDoubleLittleEndian(at),
                "F32" => BinaryPrimitives.ReadSingleLittleEndian(at),
                "F16" => (double)BinaryPrimitives.ReadHalfLittleEndian(at),
                "BF16" => BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(at) << 16),
                "I64" => BinaryPrimitives.ReadInt64LittleEndian(at),
                _ => throw new NotSupportedException(dtype),
            };
        }
        return numbers;
    }
}

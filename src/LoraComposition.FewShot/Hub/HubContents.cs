using System.Text.Json;
using System.Text.RegularExpressions;
using LoraComposition.Files;
using LoraComposition.Models;

namespace LoraComposition.FewShot;

/// <summary>How much of a model or adapter a folder of the cache holds.</summary>
enum SnapshotState
{
    /// <summary>Weights or configuration are missing.</summary>
    Partial,

    /// <summary>It can be loaded, but a tokenizer or the preprocessing may be missing, as the hub's client leaves it when only a model was asked for.</summary>
    Usable,

    /// <summary>Nothing is missing.</summary>
    Whole,
}

/// <summary>Which files of a repository are fetched, and which a model or adapter needs. Only those in the repository's own folder, none in folders of it.</summary>
static partial class HubContents
{
    const string Config = "config.json", AdapterConfig = "adapter_config.json", AdapterWeights = "adapter_model.safetensors";
    const int MaxJson = 64 << 20;

    static readonly string[] modelWeights = ["model.safetensors", "diffusion_pytorch_model.safetensors"];
    static readonly string[] tokenizers = ["spiece.model", "tokenizer.json"];

    /// <summary>What may stand beside the weights of a model and is not asked for again where the hub has said that it has none.</summary>
    public static IReadOnlyList<string> Companions { get; } = ["preprocessor_config.json", .. tokenizers];

    /// <summary>The configurations and tokenizers among a repository's files: no weights, no pickles, no programs, and no name that leaves the folder.</summary>
    public static IEnumerable<string> Settings(IEnumerable<string> files) => files.Where(file => IsPlainName(file) && (file.EndsWith(".json", StringComparison.Ordinal) || file == tokenizers[0]));

    /// <summary>The files of weights that are needed; null where there are no safetensors weights of a model or adapter.</summary>
    /// <param name="files">The files that there are.</param>
    /// <param name="shards">Reads the names of the shards from an index.</param>
    public static IReadOnlyList<string>? Weights(IReadOnlySet<string> files, Func<string, IReadOnlyList<string>> shards)
    {
        if (files.Contains(AdapterConfig)) return [AdapterWeights];
        if (!files.Contains(Config)) return null;
        foreach (string single in modelWeights)
        {
            if (files.Contains(single)) return [single];
            if (files.Contains(Index(single))) return shards(Index(single));
        }
        return null;
    }

    /// <summary>The shards that an index names.</summary>
    /// <exception cref="ModelFileException">It is damaged, or names what is no plain file.</exception>
    public static IReadOnlyList<string> Shards(string index)
    {
        using var json = Read(index);
        if (!json.RootElement.TryGetProperty("weight_map", out var map) || map.ValueKind != JsonValueKind.Object) throw new ModelFileException(index, "expected an object 'weight_map'.");
        string[] shards = [.. map.EnumerateObject().Select(entry => entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString()! : "").Distinct(StringComparer.Ordinal)];
        if (Array.Find(shards, shard => !IsPlainName(shard) || !shard.EndsWith(".safetensors", StringComparison.Ordinal)) is { } wrong)
            throw new ModelFileException(index, $"weight_map: expected the plain name of a .safetensors file, found '{wrong}'.");
        return shards;
    }

    /// <summary>Looks into a snapshot.</summary>
    /// <param name="snapshot">The folder.</param>
    /// <param name="absent">Whether the hub has said that it has no such file.</param>
    public static SnapshotState State(string snapshot, Func<string, bool> absent)
    {
        bool Has(string file) => File.Exists(Path.Combine(snapshot, file));
        try
        {
            if (!Directory.Exists(snapshot)) return SnapshotState.Partial;
            var files = Directory.EnumerateFiles(snapshot).Select(path => Path.GetFileName(path)).ToHashSet(StringComparer.Ordinal);
            if (Weights(files, index => Shards(Path.Combine(snapshot, index))) is not { } needed || !needed.All(Has)) return SnapshotState.Partial;
            if (!files.Contains(Config)) return SnapshotState.Whole;
            using var config = Read(Path.Combine(snapshot, Config));
            string? type = config.RootElement.TryGetProperty("model_type", out var field) && field.ValueKind == JsonValueKind.String ? field.GetString() : null;
            string[] beside = files.Contains(AdapterConfig) || type is null ? [] : VisionTransformer.ModelTypes.Contains(type) ? [Companions[0]] : T5Model.ModelTypes.Contains(type) ? tokenizers : [];
            return beside.Length == 0 || beside.Any(Has) || beside.All(absent) ? SnapshotState.Whole : SnapshotState.Usable;
        }
        catch (ModelFileException)
        {
            return SnapshotState.Partial;
        }
    }

    static bool IsPlainName(string name) => PlainName().IsMatch(name) && !name.Contains("..", StringComparison.Ordinal);

    static string Index(string weights) => weights + ".index.json";

    static JsonDocument Read(string path) => JsonFile.Read(path, MaxJson, (problem, cause) => new ModelFileException(path, problem, cause));

    // What every file system takes, and no separator or drive of any.
    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9._-]{0,199}\z")]
    private static partial Regex PlainName();
}

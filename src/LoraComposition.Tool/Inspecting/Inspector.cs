using System.Text.Json;
using LoraComposition.Files;
using LoraComposition.Models;

namespace LoraComposition.Tool;

/// <summary>Finds out what a path holds and reads it.</summary>
static class Inspector
{
    const string AdapterConfig = "adapter_config.json", ModelConfig = "config.json";
    const int LongestConfig = 16 << 20;

    /// <summary>Reads a file or folder.</summary>
    /// <exception cref="ModelFileException">It is missing, damaged, or neither a safetensors file, an adapter nor a checkpoint.</exception>
    public static Inspection Inspect(string path)
    {
        if (!Directory.Exists(path)) return TensorFile(path);
        if (Holds(path, AdapterConfig) || Directory.EnumerateDirectories(path).Any(inner => Holds(inner, AdapterConfig))) return Adapter(path);
        if (Holds(path, ModelConfig) || Directory.EnumerateFiles(path, "model*").Any()) return Checkpoint(path);
        throw new ModelFileException(path,
            $"expected an adapter folder with {AdapterConfig}, a checkpoint folder with {ModelConfig} and model.safetensors, or a safetensors file; the folder holds none of them.");
    }

    static bool Holds(string folder, string file) => File.Exists(Path.Combine(folder, file));

    static TensorFileInspection TensorFile(string path)
    {
        using var file = SafetensorsFile.Open(path);
        return new TensorFileInspection { Path = path, Tensors = Summaries(file), Metadata = file.Metadata };
    }

    static AdapterInspection Adapter(string path)
    {
        using var adapter = LoraAdapter.Load(path);
        using var file = SafetensorsFile.Open(adapter.WeightsPath!);
        return new AdapterInspection
        {
            Path = path,
            Tensors = Summaries(file),
            Metadata = file.Metadata,
            Name = adapter.Name,
            BaseModel = adapter.BaseModel,
            Revision = adapter.Revision,
            Targets = Names(adapter.Layers.Keys),
            Layers = [.. adapter.Layers.Select(layer => Layer(layer.Key, layer.Value))],
            HeadClasses = adapter.Head?.ClassCount,
            Fingerprint = adapter.Fingerprint,
            Provenance = adapter.Provenance,
            ZeroLayers = adapter.ZeroLayerCount,
            Warnings = [.. adapter.Warnings, .. adapter.ZeroWarning is { } zero ? [zero] : Array.Empty<string>()],
        };
    }

    static AdapterLayer Layer(string path, LoraDelta delta) =>
        new(path, delta.Rank, delta.Alpha, delta.Scaling, delta.InFeatures, delta.OutFeatures, DeltaGeometry.FrobeniusNorm(delta));

    static CheckpointInspection Checkpoint(string path)
    {
        using var files = CheckpointFiles.Open(path);
        return Loaded(new CheckpointInspection
        {
            Path = path,
            Tensors = [.. files.Files.SelectMany(Summaries)],
            Metadata = files.Files.SelectMany(file => file.Metadata).DistinctBy(entry => entry.Key).ToDictionary(),
            Model = ModelOf(Path.Combine(path, ModelConfig)),
            Files = [.. files.Files.Select(file => Path.GetFileName(file.Path))],
        });
    }

    /// <summary>What <c>config.json</c> calls the model: transformers' <c>model_type</c> or timm's <c>architecture</c>.</summary>
    static string? ModelOf(string path)
    {
        if (!File.Exists(path) || new FileInfo(path).Length > LongestConfig) return null;
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            foreach (string field in (string[])["model_type", "architecture"])
                if (document.RootElement.TryGetProperty(field, out var name) && name.ValueKind == JsonValueKind.String) return name.GetString();
            return null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Loading the model gives the reason.
            return null;
        }
    }

    /// <summary>What only a model that is loaded can tell, or why it cannot be.</summary>
    static CheckpointInspection Loaded(CheckpointInspection checkpoint)
    {
        try
        {
            using var model = BaseModel.Load(checkpoint.Path);
            return checkpoint with { Targets = Names(model.Sites.Select(site => site.Path)) };
        }
        catch (ModelFileException e)
        {
            return checkpoint with { Refusal = e.Message };
        }
    }

    /// <summary>The names of layers without their place, each once.</summary>
    static string[] Names(IEnumerable<string> layers) => [.. layers.Select(layer => layer[(layer.LastIndexOf('.') + 1)..]).Distinct().Order(StringComparer.Ordinal)];

    static TensorSummary[] Summaries(SafetensorsFile file) => [.. file.Tensors.Values.Select(TensorSummary.Of)];
}

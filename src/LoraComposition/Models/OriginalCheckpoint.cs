using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>The checkpoint that a model was loaded from, and which of its tensors are the model's: what it is written over.</summary>
/// <param name="files">The checkpoint.</param>
/// <param name="folder">Its folder.</param>
/// <param name="slots">Every parameter of the model, and what it is called in the result.</param>
internal sealed class OriginalCheckpoint(CheckpointFiles files, string folder, IReadOnlyList<WeightSlot> slots)
{
    /// <summary>What stands in front of a tensor's name in the result and not in the checkpoint. Default nothing.</summary>
    public string Front { get; init; } = "";

    /// <summary>Tensors that repeat another one, by the names of the result.</summary>
    public IReadOnlyDictionary<string, string> Copies { get; init; } = new Dictionary<string, string>();

    /// <summary>Changes the settings where the model's are others. Default null: all stay.</summary>
    public Action<JsonObject>? Edit { get; init; }

    /// <summary>Every tensor of the checkpoint, in its order and its own type: as it is, or the model's where that is another by now; then those that are new.</summary>
    /// <param name="dtype">The type of all floating-point ones; null leaves each its own.</param>
    /// <param name="cancellation">Stops between two tensors.</param>
    /// <returns>The tensors, of the present scope.</returns>
    public IReadOnlyList<CheckpointTensor> Tensors(ScalarType? dtype, CancellationToken cancellation)
    {
        using var gradients = no_grad();
        var own = slots.GroupBy(slot => slot.Name).ToDictionary(parts => parts.Key, parts => parts.ToArray(), StringComparer.Ordinal);
        var written = new List<CheckpointTensor>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (string stored in files.Names)
        {
            cancellation.ThrowIfCancellationRequested();
            string name = Front + stored;
            names.Add(name);
            var type = files.Find(stored)!.Dtype;
            bool isUsed = own.TryGetValue(Copies.GetValueOrDefault(name, name), out var parts);
            Add(name, isUsed && !IsUnchanged(stored, parts!) ? WeightSlot.Whole(parts!) : files.Read(stored, type), type);
        }
        foreach (var (name, parts) in own.Where(pair => !names.Contains(pair.Key))) Add(name, WeightSlot.Whole(parts), parts[0].Get().dtype);
        return written;

        void Add(string name, Tensor tensor, ScalarType type) => written.Add(new(name, tensor, dtype is { } asked && tensor.is_floating_point() ? asked : type));
    }

    /// <summary>The bytes of the configuration: those of the checkpoint, or with the settings of the model that are others.</summary>
    public byte[] ConfigIn(ScalarType? dtype)
    {
        var bytes = File.ReadAllBytes(Path.Combine(folder, ModelConfigFile.FileName));
        if (Edit is null && dtype is null) return bytes;
        var config = JsonNode.Parse(bytes)!.AsObject();
        Edit?.Invoke(config);
        // What transformers loads it in; version 5 has the shorter name.
        if (dtype is { } asked)
            foreach (string setting in (string[])["torch_dtype", "dtype"])
                if (config.ContainsKey(setting)) config[setting] = asked.ToString().ToLowerInvariant();
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            config.WriteTo(json);
        return [.. buffer.WrittenSpan, (byte)'\n'];
    }

    /// <summary>The text entries of the files, with how the weights came about where that is known.</summary>
    public IEnumerable<KeyValuePair<string, string>> Entries(AdapterProvenance? provenance)
    {
        var entries = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, text) in files.Files.SelectMany(file => file.Metadata)) entries.TryAdd(key, text);
        if (provenance is null) return entries;
        foreach (string key in (string[])[ProvenanceText.MethodKey, ProvenanceText.SettingsKey, ProvenanceText.SourcesKey]) entries.Remove(key);
        foreach (var (key, text) in ProvenanceText.Format(provenance)) entries[key] = text;
        return entries;
    }

    /// <summary>Whether the parameters are what loading the checkpoint again would give, in their own type.</summary>
    bool IsUnchanged(string stored, WeightSlot[] parts)
    {
        var info = files.Find(stored)!;
        using var scope = NewDisposeScope();
        foreach (var slot in parts)
        {
            var parameter = slot.Get();
            if (!info.Shape.SequenceEqual(slot.Source.WholeShape(parameter.shape))) return false;
            var original = slot.Source.Take(files.Read(stored, parameter.dtype));
            if (!parameter.detach().cpu().eq(original).all().item<bool>()) return false;
        }
        return true;
    }
}

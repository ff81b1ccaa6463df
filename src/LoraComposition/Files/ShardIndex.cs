using System.Text.Json;

namespace LoraComposition.Files;

/// <summary>The index of a checkpoint in shards: which file holds which tensor.</summary>
/// <param name="FileOf">The file's plain name by the tensor's name.</param>
internal sealed record ShardIndex(IReadOnlyDictionary<string, string> FileOf)
{
    /// <summary>The name of an index in a model-hub folder.</summary>
    public const string FileName = "model.safetensors.index.json";

    const string Extension = ".safetensors";
    const int MaxLength = 16 << 20, MaxShardNameLength = 255;

    /// <summary>Reads and checks an index, without looking at the shards.</summary>
    /// <exception cref="ModelFileException">It is missing, too long, not valid JSON, or names what is no plain file.</exception>
    /// <remarks>
    /// <c>metadata</c> is passed over: its <c>total_size</c> is wrong in files that others wrote (tied tensors counted twice, another type before a
    /// conversion), and says nothing
    /// that the index and the shards' own headers do not say better.
    /// </remarks>
    public static ShardIndex Read(string path, Func<string, Exception?, ModelFileException> refusal)
    {
        using var document = JsonFile.Read(path, MaxLength, refusal);
        if (!document.RootElement.TryGetProperty("weight_map", out var map) || map.ValueKind != JsonValueKind.Object)
            throw refusal("expected an object 'weight_map' that gives the file of each tensor.", null);
        var fileOf = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in map.EnumerateObject())
        {
            if (SafetensorsName.Problem(entry.Name) is { } problem) throw refusal($"weight_map: a tensor name {problem}.", null);
            if (fileOf.Count == SafetensorsHeader.MaxTensors) throw refusal($"weight_map names more than {SafetensorsHeader.MaxTensors} tensors.", null);
            if (entry.Value.ValueKind != JsonValueKind.String)
                throw refusal($"weight_map, tensor '{entry.Name}': expected a file's name, found {entry.Value.ValueKind}.", null);
            string shard = entry.Value.GetString()!;
            if (!IsPlainFileName(shard))
                throw refusal($"weight_map, tensor '{entry.Name}': expected the plain name of a {Extension} file beside the index, found '{Excerpt.Of(shard)}'.", null);
            fileOf.Add(entry.Name, shard);
        }
        if (fileOf.Count == 0) throw refusal("weight_map is empty, expected the file of each tensor.", null);
        return new ShardIndex(fileOf);
    }

    /// <summary>Writes an index as transformers does; the same tensors give the same bytes. The total is that of the tensors' bytes.</summary>
    public void Write(Stream stream, long totalBytes)
    {
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteStartObject("metadata");
            json.WriteNumber("total_size", totalBytes);
            json.WriteEndObject();
            json.WriteStartObject("weight_map");
            foreach (var (name, file) in FileOf.OrderBy(entry => entry.Key, StringComparer.Ordinal)) json.WriteString(name, file);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        stream.WriteByte((byte)'\n');
    }

    // Both separators and the drive's colon everywhere, so that a folder means the same on every system.
    static bool IsPlainFileName(string name) =>
        name.Length is > 0 and <= MaxShardNameLength && name.EndsWith(Extension, StringComparison.OrdinalIgnoreCase) && name[0] != '.'
        && name.AsSpan().IndexOfAny("/\\:") < 0 && !name.Any(char.IsControl);
}

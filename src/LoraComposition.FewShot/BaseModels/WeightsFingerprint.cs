using System.Security.Cryptography;
using LoraComposition.Files;
using LoraComposition.Models;

namespace LoraComposition.FewShot;

/// <summary>A hash of the weights in a model-hub folder, which tells one base model from another.</summary>
internal static class WeightsFingerprint
{
    /// <summary>The SHA-256 of <c>model.safetensors</c>, or a hash of the names and contents of the shards.</summary>
    /// <exception cref="ModelFileException">The folder holds no weights, or index and shards do not fit each other.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static string Of(string folder) =>
        Find(folder) ?? throw new ModelFileException(folder, "expected weights, model.safetensors or shards with model.safetensors.index.json, found none.");

    /// <summary>As <see cref="Of"/>; null where the folder holds no weights.</summary>
    /// <exception cref="ModelFileException">Index and shards do not fit each other.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static string? Find(string folder)
    {
        string single = Path.Combine(folder, "model.safetensors");
        if (File.Exists(single)) return Hash(single);
        if (!File.Exists(Path.Combine(folder, "model.safetensors.index.json"))) return null;
        using var checkpoint = CheckpointFiles.Open(folder);
        using var hash = new ContentFingerprint();
        foreach (var shard in checkpoint.Files) hash.Add(Path.GetFileName(shard.Path)).Add(Hash(shard.Path));
        return hash.ToHex();
    }

    static string Hash(string path)
    {
        using var weights = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(weights));
    }
}

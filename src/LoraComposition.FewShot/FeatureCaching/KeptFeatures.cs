using System.Security.Cryptography;
using System.Text;
using LoraComposition.Files;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>The kept features of one frozen model: a folder of files, each with some pictures' hashes and features. Other processes may add to it.</summary>
/// <remarks>Not thread-safe.</remarks>
sealed class KeptFeatures(FeatureCache cache, string folder, string key)
{
    const string Images = "images", Features = "features", Sum = "sha256", FileType = ".safetensors";
    const int HashBytes = 32, MostFiles = 16, Looks = 3;

    readonly Dictionary<string, (float[] Values, int Row)> rows = new(StringComparer.Ordinal);   // by the picture's hash
    readonly HashSet<string> seen = new(StringComparer.Ordinal);                                  // the files whose rows are here
    int width;

    /// <summary>Takes in what has come into the folder since.</summary>
    public void Look()
    {
        for (int look = 0; look < Looks && ReadNew(); look++)
        {
        }
    }

    /// <summary>The features of a picture; empty where they are not kept.</summary>
    public ReadOnlySpan<float> Of(string image) => rows.TryGetValue(image, out var found) ? found.Values.AsSpan(found.Row * width, width) : [];

    /// <summary>Keeps the features of pictures.</summary>
    /// <param name="images">The pictures' hashes, 64 hexadecimal digits each.</param>
    /// <param name="values">Their features, row by row.</param>
    public void Add(IReadOnlyList<string> images, float[] values)
    {
        width = values.Length / images.Count;
        for (int row = 0; row < images.Count; row++) rows[images[row]] = (values, row);
        cache.TryWrite(() =>
        {
            Directory.CreateDirectory(folder);
            string? written = seen.Count < MostFiles ? Write(images) : Merge();
            if (written is not null) cache.Trim(written);
        });
    }

    /// <summary>Says how many features were taken from here and how many were computed.</summary>
    public void Tell(int read, int computed) => cache.Logger.FeaturesTaken(folder, read, computed);

    // All rows go into one file; whoever has listed the others and does not find them looks again.
    string? Merge()
    {
        string[] old = [.. seen];
        if (Write([.. rows.Keys]) is not { } written) return null;
        foreach (string name in old) File.Delete(Path.Combine(folder, name));
        seen.ExceptWith(old);
        return written;
    }

    string? Write(IReadOnlyList<string> images)
    {
        if (!cache.HasRoomFor((long)images.Count * (HashBytes + width * sizeof(float)))) return null;
        using var scope = NewDisposeScope();
        byte[] hashes = [.. images.SelectMany(Convert.FromHexString)];
        var values = new float[images.Count * width];
        for (int i = 0; i < images.Count; i++) Of(images[i]).CopyTo(values.AsSpan(i * width));
        var tensors = new Dictionary<string, Tensor> { [Images] = tensor(hashes, [images.Count, HashBytes]), [Features] = tensor(values, [images.Count, width]) };
        string name = Path.GetRandomFileName() + FileType, path = Path.Combine(folder, name);
        SafetensorsWriter.Write(path, tensors, new Dictionary<string, string> { [Sum] = SumOf(hashes, values) });
        seen.Add(name);
        return path;
    }

    // Whether a file went away between the listing and the reading, so that another look is worth while.
    bool ReadNew()
    {
        if (!Directory.Exists(folder)) return false;
        bool gone = false;
        foreach (string path in Directory.GetFiles(folder, "*" + FileType))
        {
            string name = Path.GetFileName(path);
            if (seen.Contains(name)) continue;
            try
            {
                Read(path);
                seen.Add(name);
                cache.TryWrite(() => File.SetLastWriteTimeUtc(path, DateTime.UtcNow));
            }
            catch (ModelFileException e)
            {
                if (!File.Exists(path)) gone = true;
                else
                {
                    cache.Logger.KeptFeaturesDamaged(e.Message);
                    cache.TryWrite(() => File.Delete(path));
                }
            }
        }
        return gone;
    }

    void Read(string path)
    {
        using var scope = NewDisposeScope();
        using var file = SafetensorsFile.Open(path);
        if (!file.Tensors.TryGetValue(Images, out var images) || !file.Tensors.TryGetValue(Features, out var features) || images.Dtype != ScalarType.Byte
            || features.Dtype != ScalarType.Float32 || images.Shape is not [var count, HashBytes] || features.Shape is not [var same, var wide] || same != count || wide < 1
            || (width > 0 && wide != width))
            throw new ModelFileException(path, "expected the hashes of pictures [n, 32] and as many features [n, d] of one model.");
        byte[] hashes = file.Read(Images).bytes.ToArray();
        float[] values = [.. file.Read(Features).data<float>()];
        if (!file.Metadata.TryGetValue(Sum, out string? sum) || sum != SumOf(hashes, values)) throw new ModelFileException(path, "the checksum is not that of the content.");
        width = (int)wide;
        for (int row = 0; row < count; row++) rows.TryAdd(Convert.ToHexStringLower(hashes, row * HashBytes, HashBytes), (values, row));
    }

    // With the key, so that a file in another model's folder is not believed.
    string SumOf(byte[] hashes, float[] values)
    {
        using var sum = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sum.AppendData(Encoding.ASCII.GetBytes(key));
        sum.AppendData(hashes);
        sum.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
        return Convert.ToHexStringLower(sum.GetHashAndReset());
    }
}

using System.Security.Cryptography;
using LoraComposition.FewShot;

namespace LoraComposition.Experiments.Tests.Data.Procedural;

internal static class PictureHash
{
    public static string Of(RgbImage image) => Convert.ToHexStringLower(SHA256.HashData(image.Pixels));

    /// <summary>One hash over all pictures of some data sets.</summary>
    public static string OfAll(params IEnumerable<ImageDataset> sets)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var data in sets)
        {
            for (int i = 0; i < data.Count; i++) hash.AppendData(data.Decode(i).Pixels);
        }
        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }
}

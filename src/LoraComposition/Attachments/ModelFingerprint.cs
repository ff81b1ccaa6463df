using System.Security.Cryptography;
using System.Text;
using LoraComposition.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>Computes the fingerprint of a model that adapters are trained on, from the weights that it has now.</summary>
static class ModelFingerprint
{
    /// <summary>The most numbers of a weight that count. Any training changes nearly all of them, so that some are enough, and it takes no time.</summary>
    const long MostNumbers = 4096;

    /// <summary>
    /// The fingerprint. The layers that adapters change count, but no head, so that one model has the same in whatever files, layout and type it is stored, and with
    /// whatever head.
    /// </summary>
    /// <param name="model">The model. What is attached to it does not count.</param>
    /// <returns>The fingerprint; null where the model has no such layer, or no numbers.</returns>
    public static string? Of(IAdaptableModel model)
    {
        AdapterSite[] sites = [.. model.Sites.Where(site => site.Role != LinearRole.Head)];
        if (sites.Length == 0 || sites.Any(site => site.BaseLayer.weight!.device_type == DeviceType.META)) return null;
        using IncrementalHash bfloat16 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256), float16 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var gradients = no_grad();
        foreach (var site in sites)
        {
            using var scope = NewDisposeScope();
            var flat = site.BaseLayer.weight!.detach().flatten();
            long count = Math.Min(flat.numel(), MostNumbers);
            var chosen = flat.index_select(0, tensor([.. Enumerable.Range(0, (int)count).Select(i => i * flat.numel() / count)], device: flat.device)).cpu();
            foreach (var (hash, type) in new[] { (bfloat16, ScalarType.BFloat16), (float16, ScalarType.Float16) })
            {
                hash.AppendData(Encoding.UTF8.GetBytes($"{site.Path} {string.Join(' ', site.BaseLayer.weight!.shape)}\n"));
                hash.AppendData(chosen.to(ScalarType.Float32).to(type).bytes);
            }
        }
        return $"{Convert.ToHexStringLower(bfloat16.GetHashAndReset())}-{Convert.ToHexStringLower(float16.GetHashAndReset())}";
    }
}

using LoraComposition.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.FewShot.Tests.Support;

/// <summary>Random modules on query, key and value that change what the model computes.</summary>
internal static class TinyAdapters
{
    public static LoraAdapter Create(IAdaptableModel model, string name, int seed, int rank = 2, int width = TinyModel.Width, double scaling = 1)
    {
        using var generator = new Generator((ulong)seed, CPU);
        return new LoraAdapter(name, model.Sites.Where(site => LoraTuning.DefaultRoles.Contains(site.Role)).Select(site => KeyValuePair.Create(site.Path,
            new LoraDelta(randn(rank, width, generator: generator), randn(width, rank, generator: generator), scaling))).ToArray());
    }
}

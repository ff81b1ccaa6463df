using LoraComposition.Files;
using LoraComposition.Models;
using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>The base that an adapted model stands on.</summary>
static class AdaptedBase
{
    /// <summary>The folder in which the base is now.</summary>
    /// <param name="folder">The adapted model's folder.</param>
    /// <param name="expected">The base as the model's folder says.</param>
    /// <param name="given">Where it is, where that was told; null for where it was.</param>
    /// <exception cref="ModelFileException">It is not there, or another model is.</exception>
    public static string Find(string folder, BaseReference expected, string? given)
    {
        string from = given ?? BaseLocation.Find(folder, expected.Folder);
        string found = WeightsFingerprint.Find(from) ?? throw new ModelFileException(from,
            $"expected the base model (weights with SHA-256 {expected.Sha256}), found none; give the folder in which it is now.");
        return found == expected.Sha256 ? from : throw new ModelFileException(from,
            $"expected the base model that was adapted (weights with SHA-256 {expected.Sha256}), found another ({found}); give the folder of that base, or adapt again.");
    }

    /// <summary>Adds an adapter to the model's own weights; nothing where there is none.</summary>
    /// <exception cref="AdapterMismatchException">The adapter does not fit.</exception>
    public static void Merge(IAdaptableModel model, LoraAdapter? adapter, ILogger? logger)
    {
        if (adapter is null) return;
        using var scope = NewDisposeScope();
        using var attached = LoraTuning.Continue(model, adapter, logger: logger);
        attached.MergeIntoBase();
    }
}

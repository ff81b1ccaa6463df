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

    /// <summary>Adds a folder's adapter, where it has one, to the weights of a fresh copy of the base.</summary>
    /// <returns>The adapter, which the caller owns, and the weights that it was composed by; null where the folder has none.</returns>
    /// <exception cref="ModelFileException">A file is damaged.</exception>
    /// <exception cref="AdapterMismatchException">The adapter does not fit the base.</exception>
    public static (LoraAdapter? Adapter, CompositionWeights? Weights) Adapt(IAdaptableModel model, string folder, AdaptedModelInfo info, ILogger? logger)
    {
        string weights = Path.Combine(folder, AdaptedModelFiles.Weights);
        var adapter = info.HasAdapter ? LoraAdapter.Load(Path.Combine(folder, AdaptedModelFiles.Adapter), info.Method, logger: logger) : null;
        try
        {
            if (adapter?.ZeroWarning is { } still) logger?.ResultsAreDoubtful(still);
            Merge(model, adapter, logger);
            return (adapter, File.Exists(weights) ? CompositionWeights.Load(weights) : null);
        }
        catch
        {
            adapter?.Dispose();
            throw;
        }
    }

    /// <summary>Makes a model ready to predict and nothing else.</summary>
    public static void Freeze(nn.Module model)
    {
        foreach (var parameter in model.parameters()) parameter.requires_grad = false;
        model.eval();
    }

    static void Merge(IAdaptableModel model, LoraAdapter? adapter, ILogger? logger)
    {
        if (adapter is null) return;
        using var scope = NewDisposeScope();
        using var attached = LoraTuning.Continue(model, adapter, logger: logger);
        attached.MergeIntoBase();
    }
}

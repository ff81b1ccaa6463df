using LoraComposition.Models;

namespace LoraComposition;

/// <summary>Brings adapters to one spelling of the layer paths, to compare them or to hand them to tools of another version.</summary>
public static class AdapterSpelling
{
    /// <summary>Copies an adapter with its layers named as a model names them in one spelling.</summary>
    /// <param name="adapter">The adapter; it stays the caller's.</param>
    /// <param name="model">The model the adapter fits.</param>
    /// <param name="spelling">Whose names to use.</param>
    /// <returns>A copy with the same numbers and head. The caller owns it.</returns>
    /// <exception cref="AdapterMismatchException">The adapter does not fit the model.</exception>
    public static LoraAdapter Respell(LoraAdapter adapter, IAdaptableModel model, ModuleSpelling spelling)
    {
        ArgumentNullException.ThrowIfNull(adapter);
        ArgumentNullException.ThrowIfNull(model);
        var sites = new SiteIndex(model);
        var match = AdapterMatch.Resolve(model, [adapter], logger: null);
        return adapter.With(adapter.Name, match.Select(pair => KeyValuePair.Create(pair.Key.PathIn(spelling), pair.Value[0]!.Clone())),
            adapter.Provenance?.Rename(path => sites.Find(path) is [var only] ? only.Site.PathIn(spelling) : path));
    }
}

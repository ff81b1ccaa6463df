using LoraComposition.Adapters;
using LoraComposition.Models;

namespace LoraComposition.Attachments;

/// <summary>Finds the place of every layer that adapters name, and checks that the updates fit.</summary>
internal static class AdapterMatch
{
    /// <summary>For every place that at least one adapter changes: the update of each adapter, null where it leaves the layer alone.</summary>
    /// <exception cref="AdapterMismatchException">An adapter names a layer the model does not have, names one twice, or has another shape.</exception>
    public static IReadOnlyDictionary<AdapterSite, LoraDelta?[]> Resolve(IAdaptableModel model, IReadOnlyList<LoraAdapter> adapters)
    {
        if (adapters.Count == 0) throw new ArgumentException("A composition needs at least one adapter.");
        var sites = new Dictionary<string, AdapterSite>(StringComparer.Ordinal);
        foreach (var site in model.Sites)
            foreach (var spelling in Enum.GetValues<ModuleSpelling>()) sites[site.PathIn(spelling)] = site;

        var found = new Dictionary<AdapterSite, LoraDelta?[]>();
        for (int n = 0; n < adapters.Count; n++)
        {
            foreach (var (path, delta) in adapters[n].Layers)
            {
                if (!sites.TryGetValue(path, out var site))
                    throw new AdapterMismatchException(adapters[n].Name, path, $"the model has no such layer; its layers are called like '{model.Sites[0].Path}'.");
                if (!found.TryGetValue(site, out var modules)) found[site] = modules = new LoraDelta?[adapters.Count];
                if (modules[n] is not null) throw new AdapterMismatchException(adapters[n].Name, path, "the adapter names this layer in two spellings.");
                var weight = site.PlainLayer.weight!;
                if (delta.InFeatures != weight.shape[1] || delta.OutFeatures != weight.shape[0])
                    throw new AdapterMismatchException(adapters[n].Name, path,
                        $"expected lora_A [*, {weight.shape[1]}] and lora_B [{weight.shape[0]}, *], found [{delta.Rank}, {delta.InFeatures}] and [{delta.OutFeatures}, {delta.Rank}].");
                modules[n] = delta;
            }
        }
        // In the order of the forward pass, whatever order the files had.
        return model.Sites.Where(found.ContainsKey).ToDictionary(site => site, site => found[site]);
    }
}

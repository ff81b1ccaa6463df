using LoraComposition.Models;
using Microsoft.Extensions.Logging;

namespace LoraComposition;

/// <summary>The place of every layer that adapters name, and whether the updates fit.</summary>
/// <param name="Layers">For every place that at least one adapter changes, in the order of the forward pass: the update of each adapter, null where it leaves
/// the layer alone.</param>
/// <param name="Refusals">What does not fit, in the order of the adapters and their layers.</param>
internal sealed record AdapterMatch(IReadOnlyDictionary<AdapterSite, LoraDelta?[]> Layers, IReadOnlyList<AdapterRefusal> Refusals)
{
    /// <summary>Matches adapters that must all fit.</summary>
    /// <exception cref="AdapterMismatchException">An adapter names a layer the model does not have, names one twice, or has another shape.</exception>
    public static IReadOnlyDictionary<AdapterSite, LoraDelta?[]> Resolve(IAdaptableModel model, IReadOnlyList<LoraAdapter> adapters, ILogger? logger)
    {
        var match = Find(model, adapters);
        if (match.Refusals is [var first, ..]) throw new AdapterMismatchException(first.Adapter, first.Layer, first.Reason);
        if (logger is not null) match.Tell(model, adapters, logger);
        return match.Layers;
    }

    void Tell(IAdaptableModel model, IReadOnlyList<LoraAdapter> adapters, ILogger logger)
    {
        logger.AdaptersMatched(string.Join(", ", adapters.Select(adapter => $"'{adapter.Name}'")), Layers.Count);
        foreach (string warning in AdapterCompatibility.Suspicions(model, adapters,
            AdapterCompatibility.OutsizedUpdates(adapters, this))) logger.MatchIsSuspicious(warning);
        foreach (var (n, adapter) in adapters.Index())
        {
            var alone = Layers.Where(layer => layer.Value[n] is null).Select(layer => layer.Key.Path).ToArray();
            if (alone.Length > 0) logger.LayersWithoutUpdate(adapter.Name, alone.Length, alone[0]);
        }
    }

    /// <summary>Matches adapters as far as they fit.</summary>
    /// <exception cref="ArgumentException">There is no adapter.</exception>
    public static AdapterMatch Find(IAdaptableModel model, IReadOnlyList<LoraAdapter> adapters)
    {
        if (adapters.Count == 0) throw new ArgumentException("A composition needs at least one adapter.");
        var sites = new SiteIndex(model);
        var found = new Dictionary<AdapterSite, LoraDelta?[]>();
        var refusals = new List<AdapterRefusal>();
        for (int n = 0; n < adapters.Count; n++)
        {
            foreach (var (path, delta) in adapters[n].Layers)
            {
                var places = sites.Find(path);
                if (Problem(model, places, delta, place => found.GetValueOrDefault(place.Site)?[n] is not null) is { } reason)
                {
                    refusals.Add(new AdapterRefusal(adapters[n].Name, path, reason));
                    continue;
                }
                foreach (var (site, part, parts) in places)
                {
                    if (!found.TryGetValue(site, out var modules)) found[site] = modules = new LoraDelta?[adapters.Count];
                    modules[n] = delta.Part(part, parts);
                }
            }
        }
        // In the order of the forward pass, whatever order the files had.
        return new AdapterMatch(model.Sites.Where(found.ContainsKey).ToDictionary(site => site, site => found[site]), refusals);
    }

    static string? Problem(IAdaptableModel model, IReadOnlyList<SitePart> places, LoraDelta delta, Func<SitePart, bool> taken)
    {
        if (places.Count == 0) return $"the model has no such layer; its layers are called like '{model.Sites[0].Path}'.";
        if (places.Any(taken)) return "the adapter names this layer in two spellings.";
        // The parts of a fused layer are equal.
        var weight = places[0].Site.BaseLayer.weight!;
        long inputs = weight.shape[1], outputs = places[0].Parts * weight.shape[0];
        return delta.InFeatures == inputs && delta.OutFeatures == outputs ? null
            : $"expected lora_A [*, {inputs}] and lora_B [{outputs}, *], found [{delta.Rank}, {delta.InFeatures}] and [{delta.OutFeatures}, {delta.Rank}].";
    }
}

namespace LoraComposition.Models;

/// <summary>Finds a model's places by the paths that adapter files give them, in every spelling.</summary>
internal sealed class SiteIndex
{
    readonly Dictionary<string, AdapterSite> sites = new(StringComparer.Ordinal);

    public SiteIndex(IAdaptableModel model)
    {
        foreach (var site in model.Sites)
            foreach (var spelling in Enum.GetValues<ModuleSpelling>()) sites[site.PathIn(spelling)] = site;
    }

    /// <summary>The place that a path means, or null where the model has none.</summary>
    public AdapterSite? Find(string path) => sites.GetValueOrDefault(path);
}

using LoraComposition;
using LoraComposition.Experiments;
using LoraComposition.Models;

namespace Analysis.Studies;

/// <summary>Numbers by layer and module, a matrix for each role of the adapted layers.</summary>
sealed class RoleMatrices
{
    readonly IReadOnlyList<AdapterSite> sites;

    RoleMatrices(IReadOnlyList<AdapterSite> sites, IReadOnlyList<(string Role, LayerMatrix Matrix)> byRole) => (this.sites, ByRole) = (sites, byRole);

    /// <summary>The roles in lower case, and their matrices; a row for each layer.</summary>
    public IReadOnlyList<(string Role, LayerMatrix Matrix)> ByRole { get; }

    /// <summary>Sorts numbers by the roles of their layers.</summary>
    public static RoleMatrices Of(string title, IEnumerable<string> modules, IReadOnlyList<(AdapterSite Site, IReadOnlyList<double> Numbers)> layers)
    {
        string[] columns = [.. modules];
        return new RoleMatrices([.. layers.Select(layer => layer.Site)], [.. layers.GroupBy(layer => layer.Site.Role).OrderBy(role => role.Key).Select(role => (role.Key.ToString().ToLowerInvariant(), new LayerMatrix(
            $"{title}, {role.Key.ToString().ToLowerInvariant()}", [.. role.Select(layer => $"layer {layer.Site.LayerIndex}")], columns, [.. role.Select(layer => layer.Numbers)])))]);
    }

    /// <summary>The weights of a run, at the same layers.</summary>
    public RoleMatrices Like(string title, CompositionWeights weights) => Of(title, weights.AdapterNames, [.. sites.Select(site => (site, weights.Layers[site.Path]))]);
}

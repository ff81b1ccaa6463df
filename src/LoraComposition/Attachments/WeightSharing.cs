using LoraComposition.Models;

namespace LoraComposition;

/// <summary>Which layers of a composition share one vector of weights. The fewer vectors, the less a few samples can mislead them.</summary>
/// <remarks>Immutable.</remarks>
public sealed class WeightSharing
{
    readonly Func<AdapterSite, string> group;

    /// <summary>Shares by a rule of one's own.</summary>
    /// <param name="name">What to call it in reports.</param>
    /// <param name="group">The group of a layer: layers of one group share a vector.</param>
    public WeightSharing(string name, Func<AdapterSite, string> group)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(group);
        (Name, this.group) = (name, group);
    }

    /// <summary>Every layer has a vector of its own, as in arXiv:2402.15414.</summary>
    public static WeightSharing None { get; } = new("layer", site => site.Path);

    /// <summary>The layers of a transformer block share a vector; those of an encoder and a decoder do not.</summary>
    public static WeightSharing Block { get; } = new("block", site => $"block {site.LayerIndex}");

    /// <summary>Layers that do the same in all blocks share a vector: all queries, all keys.</summary>
    public static WeightSharing Role { get; } = new("role", site => site.Role.ToString());

    /// <summary>One vector for the whole model.</summary>
    public static WeightSharing Model { get; } = new("model", _ => "model");

    /// <summary>What it is called in reports.</summary>
    public string Name { get; }

    /// <inheritdoc/>
    public override string ToString() => Name;

    internal string GroupOf(AdapterSite site) => group(site);
}

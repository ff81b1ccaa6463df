using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition.Models;

/// <summary>A place in a model where a linear layer stands and an adapted one can stand instead.</summary>
/// <remarks>It is a place in one model and as little thread-safe as that.</remarks>
public sealed class AdapterSite
{
    readonly Module parent;
    readonly string child;
    readonly Func<Module<Tensor, Tensor>> get;
    readonly Action<Module<Tensor, Tensor>> set;
    readonly string transformers4Path;

    /// <summary>Describes a place.</summary>
    /// <param name="path">The layer's path as adapter files spell it since transformers 5.</param>
    /// <param name="transformers4Path">The path up to transformers 4; the same where not given.</param>
    /// <param name="role">What the layer does.</param>
    /// <param name="layerIndex">The index of the transformer block it belongs to; for a head, the number of blocks.</param>
    /// <param name="parent">The module that the layer is a child of.</param>
    /// <param name="child">The name under which the child is registered.</param>
    /// <param name="get">Reads the parent's field.</param>
    /// <param name="set">Writes the parent's field.</param>
    public AdapterSite(string path, string? transformers4Path, LinearRole role, int layerIndex, Module parent, string child, Func<Module<Tensor, Tensor>> get,
        Action<Module<Tensor, Tensor>> set)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        (Path, this.transformers4Path, Role, LayerIndex) = (path, transformers4Path ?? path, role, layerIndex);
        (this.parent, this.child, this.get, this.set) = (parent, child, get, set);
    }

    /// <summary>The layer's path, which names it in reports: the spelling since transformers 5.</summary>
    public string Path { get; }

    /// <summary>What the layer does.</summary>
    public LinearRole Role { get; }

    /// <summary>The index of the transformer block the layer belongs to; for a head, the number of blocks.</summary>
    public int LayerIndex { get; }

    /// <summary>What stands there now: the plain layer or an adapted one. Owned by the model.</summary>
    public Module<Tensor, Tensor> Layer => get();

    /// <summary>The layer's path in one spelling.</summary>
    /// <param name="spelling">Whose names to use.</param>
    /// <returns>The path, without the <c>base_model.model.</c> that files put in front.</returns>
    public string PathIn(ModuleSpelling spelling) => spelling == ModuleSpelling.Transformers4 ? transformers4Path : Path;

    /// <summary>What else files call the layer, or a fused one that the layer is a part of: other libraries, or the same where the model was saved without its head.</summary>
    internal IReadOnlyList<TensorSource> OtherNames { get; init; } = [];

    /// <summary>All that files call the layer, each once.</summary>
    internal IEnumerable<TensorSource> Names =>
        Enum.GetValues<ModuleSpelling>().Select(spelling => new TensorSource(PathIn(spelling))).Concat(OtherNames).DistinctBy(name => name.Name);

    /// <summary>The plain layer that stands there.</summary>
    /// <exception cref="InvalidOperationException">The layer is adapted already.</exception>
    internal Linear PlainLayer => Layer switch
    {
        Linear linear => linear,
        AdaptedLinear => throw new InvalidOperationException($"Layer '{Path}' is adapted already; detach or merge what is attached first."),
        var other => throw new InvalidOperationException($"Layer '{Path}' is a {other.GetType().Name}; only linear layers can be adapted."),
    };

    /// <summary>The plain layer that stands there, or the one inside the adapted layer that does.</summary>
    internal Linear BaseLayer => Layer is AdaptedLinear adapted ? adapted.BaseLayer : PlainLayer;

    /// <summary>Puts another module there, in the field and in the registration, without changing the order of the children.</summary>
    internal void Replace(Module<Tensor, Tensor> layer)
    {
        if (layer is AdaptedLinear adapted) adapted.StandAt(Path);
        layer.train(parent.training);
        AdaptedLinear.Submodules(parent)[child] = layer;
        set(layer);
    }
}

/// <summary>What a linear layer does in a transformer.</summary>
public enum LinearRole
{
    /// <summary>The query projection of attention.</summary>
    Query,

    /// <summary>The key projection of attention.</summary>
    Key,

    /// <summary>The value projection of attention.</summary>
    Value,

    /// <summary>The output projection of attention.</summary>
    Output,

    /// <summary>The layer that enters the feed-forward part.</summary>
    FeedForwardIn,

    /// <summary>The layer that leaves the feed-forward part.</summary>
    FeedForwardOut,

    /// <summary>The second layer that enters a gated feed-forward part: its output, after the activation, is multiplied with the first one's.</summary>
    FeedForwardGate,

    /// <summary>The layer after the last block: a classifier, or a language model's head. It is adapted only where it is asked for by name.</summary>
    Head,

    /// <summary>The layer that brings what was pooled after the last block to another width, such as that of an embedding that texts are compared with.</summary>
    Projection,
}

/// <summary>How adapter files name a model's layers. The transformers library renamed some models' layers in its version 5.</summary>
public enum ModuleSpelling
{
    /// <summary>The names since transformers 5, for example <c>vit.layers.0.attention.q_proj</c>.</summary>
    Transformers5,

    /// <summary>The names up to transformers 4, for example <c>vit.encoder.layer.0.attention.attention.query</c>.</summary>
    Transformers4,
}

/// <summary>Finds a model's places by the paths that adapter files give them, in every spelling.</summary>
internal sealed class SiteIndex
{
    /// <summary>What a program may call the model inside a module of its own.</summary>
    static readonly string[] holders = ["model.", "module.", "base_model.", "backbone."];

    readonly Dictionary<string, List<SitePart>> sites = new(StringComparer.Ordinal);

    public SiteIndex(IAdaptableModel model)
    {
        foreach (var site in model.Sites)
        {
            foreach (var name in site.Names)
            {
                if (!sites.TryGetValue(name.Name, out var parts)) sites.Add(name.Name, parts = []);
                parts.Add(new SitePart(site, name.Part, name.Parts));
            }
        }
    }

    /// <summary>The places that a path means: several where it is a fused layer, whose outputs are theirs one after the other; none where the model has none.</summary>
    public IReadOnlyList<SitePart> Find(string path)
    {
        if (sites.TryGetValue(path, out var found)) return found;
        return Array.Find(holders, holder => path.StartsWith(holder, StringComparison.Ordinal)) is { } front ? Find(path[front.Length..]) : [];
    }
}

/// <summary>A place, and which part of a fused layer it is.</summary>
/// <param name="Site">The place.</param>
/// <param name="Part">Which of the equal parts, from 0 on.</param>
/// <param name="Parts">How many there are; 1 where the layer is not fused.</param>
internal sealed record SitePart(AdapterSite Site, int Part, int Parts);

using LoraComposition.Models;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>Whether adapters fit a model, found out without attaching them.</summary>
public sealed record AdapterCompatibility
{
    const double Outsize = 1e4;

    AdapterCompatibility(AdapterMatch match, IReadOnlyList<string> warnings, IReadOnlyList<string> outsized) =>
        (Layers, Refusals, Warnings, Outsized) = ([.. match.Layers.Keys], match.Refusals, warnings, outsized);

    /// <summary>The layers of the model that at least one adapter changes, in the order of the forward pass.</summary>
    public IReadOnlyList<AdapterSite> Layers { get; }

    /// <summary>What does not fit; attaching fails with the first. Empty where everything fits.</summary>
    public IReadOnlyList<AdapterRefusal> Refusals { get; }

    /// <summary>
    /// What fits but looks wrong: another base model, a revision, two saved heads, the same adapter twice, an update out of all proportion, or one that is zero in every layer. What
    /// was odd about each adapter's files is in <see cref="LoraAdapter.Warnings"/>.
    /// </summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>
    /// The names of adapters whose update of a layer is more than 10,000 times as large as the layer's weight, or no number at all: their training diverged,
    /// or their alpha is wrong. There is a warning for each.
    /// </summary>
    public IReadOnlyList<string> Outsized { get; }

    /// <summary>Whether the adapters can be attached.</summary>
    public bool IsCompatible => Refusals.Count == 0;

    /// <summary>Checks adapters against a model. What is attached to the model at the moment does not matter.</summary>
    /// <param name="model">The model. It is not changed.</param>
    /// <param name="adapters">The adapters that shall be attached together, at least one.</param>
    /// <returns>What was found.</returns>
    /// <exception cref="ArgumentException">There is no adapter.</exception>
    public static AdapterCompatibility Check(IAdaptableModel model, params IReadOnlyList<LoraAdapter> adapters)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(adapters);
        var match = AdapterMatch.Find(model, adapters);
        var outsized = OutsizedUpdates(adapters, match);
        return new AdapterCompatibility(match, Suspicions(model, adapters, outsized), [.. outsized.Select(update => update.Adapter)]);
    }

    /// <summary>What fits but may not be meant.</summary>
    internal static IReadOnlyList<string> Suspicions(IAdaptableModel model, IReadOnlyList<LoraAdapter> adapters,
        IEnumerable<(string Adapter, string Layer, double Ratio)> outsized) =>
    [
        .. adapters.SelectMany(adapter => BaseWarnings(model, adapter)),
        .. HeadWarnings(adapters),
        .. SameFile.Warnings(adapters.Select(adapter => (adapter.Name, adapter.Fingerprint))),
        .. adapters.Select(adapter => adapter.ZeroWarning).OfType<string>(),
        .. outsized.Select(update =>
            $"Adapter '{update.Adapter}' changes layer '{update.Layer}' by {update.Ratio:G2} times the layer's own weight; its training diverged, or its lora_alpha is wrong."),
    ];

    /// <summary>The largest update of each adapter that has one out of all proportion.</summary>
    internal static IReadOnlyList<(string Adapter, string Layer, double Ratio)> OutsizedUpdates(IReadOnlyList<LoraAdapter> adapters, AdapterMatch match)
    {
        var weights = match.Layers.Keys.ToDictionary(site => site, WeightNorm);
        var found = new List<(string, string, double)>();
        foreach (var (n, adapter) in adapters.Index())
        {
            var updates = match.Layers.Where(layer => layer.Value[n] is not null && weights[layer.Key] > 0)
                .Select(layer => (adapter.Name, layer.Key.Path, Ratio: DeltaGeometry.FrobeniusNorm(layer.Value[n]!) / weights[layer.Key])).ToArray();
            // An adapter may fit no layer at all.
            if (updates.Length == 0) continue;
            // NaN is larger than everything.
            var worst = updates.MaxBy(update => double.IsNaN(update.Ratio) ? double.PositiveInfinity : update.Ratio);
            if (!(worst.Ratio <= Outsize)) found.Add(worst);
        }
        return found;
    }

    static double WeightNorm(AdapterSite site)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        var weight = site.BaseLayer.weight!;
        return weight.device_type == TorchSharp.DeviceType.META ? 0 : weight.detach().to(ScalarType.Float32).norm().item<float>();
    }

    static IEnumerable<string> BaseWarnings(IAdaptableModel model, LoraAdapter adapter)
    {
        if (adapter.BaseFingerprint is { } recorded && ModelFingerprint.Of(model) is { } present)
        {
            if (BaseFingerprint.Contradict(recorded, present))
                yield return $"Adapter '{adapter.Name}' was trained on other weights than this model's{(adapter.BaseModel is { } name ? $", on '{name}'" : "")}, by the fingerprint in its file; on other weights its updates mean nothing.";
            yield break;
        }
        if (adapter.BaseModel is { } expected && model.BaseModelName is { } found && ModelName.Contradict(expected, found))
            yield return $"Adapter '{adapter.Name}' was trained on '{expected}' but the model is '{found}'; on other weights its updates mean nothing.";
        if (adapter.Revision is { } revision)
            yield return $"Adapter '{adapter.Name}' was trained on revision '{revision}' of its base model; make sure that the model is that revision.";
    }

    static IEnumerable<string> HeadWarnings(IReadOnlyList<LoraAdapter> adapters)
    {
        var heads = adapters.Where(adapter => adapter.Head is not null).Select(adapter => $"'{adapter.Name}'").ToList();
        if (heads.Count > 1) yield return $"Adapters {string.Join(", ", heads)} each hold a saved head; heads are not composed, so set one or train a new one.";
    }
}

/// <summary>Why one layer of an adapter does not fit a model.</summary>
/// <param name="Adapter">The name of the adapter.</param>
/// <param name="Layer">The path of the layer as the adapter spells it.</param>
/// <param name="Reason">What was expected and found.</param>
public sealed record AdapterRefusal(string Adapter, string Layer, string Reason);

/// <summary>An adapter does not fit the model it was to be attached to. Nothing was changed.</summary>
public sealed class AdapterMismatchException : LoraCompositionException
{
    /// <summary>Names the adapter, the layer, the expected and the found.</summary>
    /// <param name="adapter">The name of the adapter.</param>
    /// <param name="layer">The path of the layer.</param>
    /// <param name="reason">What was expected and found.</param>
    public AdapterMismatchException(string adapter, string layer, string reason) : base($"Adapter '{adapter}', layer '{layer}': {reason}") =>
        (Adapter, Layer) = (adapter, layer);

    /// <summary>The name of the adapter.</summary>
    public string Adapter { get; }

    /// <summary>The path of the layer.</summary>
    public string Layer { get; }
}

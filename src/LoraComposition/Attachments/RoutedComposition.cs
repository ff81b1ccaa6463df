using LoraComposition.Models;
using Microsoft.Extensions.Logging;
using TorchSharp.Modules;

namespace LoraComposition;

/// <summary>N adapters composed on a model with weights that depend on the input: at each layer that any of them adapts stands a routed composer.</summary>
/// <remarks>
/// No adapter and no plain model computes the same, so there is nothing to export, and <see cref="Attachment{TLayer}.MergeIntoBase"/> refuses and leaves the
/// model as it is. In evaluation the composed model can be used from several threads at once, from the first forward pass on. Training, attaching, detaching and
/// moving need it for themselves. Owns the composers, never the model; disposing it detaches.
/// </remarks>
public sealed class RoutedComposition : Attachment<RoutedComposer>
{
    RoutedComposition(IAdaptableModel model, IReadOnlyList<LoraAdapter> adapters, IReadOnlyDictionary<AdapterSite, LoraDelta?[]> match, Func<AdapterSite, Linear,
        IReadOnlyList<LoraDelta?>, RoutedComposer> make, bool trainHead, ILogger? logger)
        : base(model, match.Keys.ToArray(), (site, layer) => make(site, layer, match[site]), trainHead, head: null, logger) =>
        AdapterNames = adapters.Select(a => a.Name).ToArray();

    /// <summary>The names of the adapters, in the order of the weights.</summary>
    public IReadOnlyList<string> AdapterNames { get; }

    /// <summary>Composes by Arrow (arXiv:2405.11157): at every layer each token is given to the modules that have most to say about it. Nothing to train.</summary>
    /// <param name="model">The model; it keeps its base layers.</param>
    /// <param name="adapters">The modules; copied, so they can be disposed afterwards. At a layer that some of them leave alone those are never taken.</param>
    /// <param name="options">How many modules a token is given, and the softmax's temperature; defaults where not given.</param>
    /// <param name="trainHead">Whether the model's head is trained too. It stays in the model. Default false.</param>
    /// <param name="logger">Is told what was matched, attached and detached.</param>
    /// <returns>The composition. The caller owns it; disposing it detaches.</returns>
    /// <exception cref="AdapterMismatchException">An adapter does not fit the model.</exception>
    /// <exception cref="ArgumentException">An option lies outside its range, an update is not finite, or the head shall train and there is none, or it is
    /// adapted.</exception>
    /// <exception cref="InvalidOperationException">A layer is adapted already.</exception>
    public static RoutedComposition AttachArrow(IAdaptableModel model, IReadOnlyList<LoraAdapter> adapters, ArrowOptions? options = null, bool trainHead = false,
        ILogger? logger = null)
    {
        options?.Validate();
        return Attach(model, adapters, (_, layer, modules) => new ArrowComposer(layer, modules, options), trainHead, logger);
    }

    /// <summary>Composes with a routed composer of one's own.</summary>
    /// <param name="model">The model; it keeps its base layers.</param>
    /// <param name="adapters">The modules; copied by the composers.</param>
    /// <param name="make">Makes the composer of a place from its layer and the update of each adapter, null where an adapter leaves the layer alone.</param>
    /// <param name="trainHead">Whether the model's head is trained too. It stays in the model. Default false.</param>
    /// <param name="logger">Is told what was matched, attached and detached.</param>
    /// <returns>The composition. The caller owns it; disposing it detaches.</returns>
    /// <exception cref="AdapterMismatchException">An adapter does not fit the model.</exception>
    /// <exception cref="ArgumentException">The head shall train and there is none, or it is adapted.</exception>
    /// <exception cref="InvalidOperationException">A layer is adapted already.</exception>
    public static RoutedComposition Attach(IAdaptableModel model, IReadOnlyList<LoraAdapter> adapters, Func<AdapterSite, Linear, IReadOnlyList<LoraDelta?>,
        RoutedComposer> make, bool trainHead = false, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(adapters);
        return new RoutedComposition(model, adapters, AdapterMatch.Resolve(model, adapters, logger), make, trainHead, logger);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{nameof(RoutedComposition)} of {string.Join(", ", AdapterNames.Select(name => $"'{name}'"))}";
}

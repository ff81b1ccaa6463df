using LoraComposition.Models;
using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>A fresh LoRA on a model's layers, to be trained.</summary>
/// <example>
/// <code>
/// model.ResetHead(["cat", "dog"], seed: 0);
/// using (var tuning = LoraTuning.Attach(model, new LoraOptions { Rank = 8 }, trainHead: true))
/// {
///     Train(model, tuning.TrainableParameters(includeHead: true));   // your loop
///     using var module = tuning.ToAdapter("my-module");              // factors, head and class names, as PEFT saves them
///     module.Save("my-module");
/// }
/// </code>
/// </example>
public sealed class LoraTuning : Attachment<LoraLinear>
{
    LoraTuning(IAdaptableModel model, IReadOnlyList<AdapterSite> sites, LoraOptions options, Generator generator, bool trainHead, ILogger? logger)
        : base(model, sites, (_, layer) => new LoraLinear(layer, options, generator), trainHead, head: null, logger)
    {
    }

    LoraTuning(IAdaptableModel model, IReadOnlyDictionary<AdapterSite, LoraDelta?[]> start, double dropout, bool trainHead, SavedHead? head, ILogger? logger)
        : base(model, start.Keys.ToArray(), (site, layer) => new LoraLinear(layer, start[site][0]!, dropout), trainHead, head, logger)
    {
    }

    /// <summary>The layers that arXiv:2402.15414 adapts: query, key and value.</summary>
    public static IReadOnlyList<LinearRole> DefaultRoles { get; } = [LinearRole.Query, LinearRole.Key, LinearRole.Value];

    /// <summary>Every layer of the blocks, as PEFT's <c>all-linear</c> means it: the head is not among them.</summary>
    public static IReadOnlyList<LinearRole> AllRoles { get; } = [.. Enum.GetValues<LinearRole>().Where(role => role != LinearRole.Head)];

    /// <summary>Puts a fresh update on every layer with one of the given roles and freezes everything else.</summary>
    /// <param name="model">The model; it keeps its base layers.</param>
    /// <param name="options">Rank, alpha and dropout; defaults where not given.</param>
    /// <param name="seed">The seed of the random start.</param>
    /// <param name="roles">Which layers; <see cref="DefaultRoles"/> where not given.</param>
    /// <param name="trainHead">Whether the model's head is trained too, and goes into the exported adapter. Default false.</param>
    /// <param name="logger">Is told what was attached, merged and detached.</param>
    /// <returns>The attachment. The caller owns it.</returns>
    /// <exception cref="ArgumentException">An option is out of range, the model has no layer of these roles, or the head shall train and there is none, or it
    /// is adapted.</exception>
    /// <exception cref="InvalidOperationException">A layer is adapted already.</exception>
    public static LoraTuning Attach(IAdaptableModel model, LoraOptions? options = null, long seed = 0, IReadOnlyList<LinearRole>? roles = null,
        bool trainHead = false, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        options ??= new LoraOptions();
        options.Validate();
        var wanted = roles ?? DefaultRoles;
        var sites = model.Sites.Where(site => wanted.Contains(site.Role)).ToArray();
        if (sites.Length == 0) throw new ArgumentException($"The model has no layer of the roles {string.Join(", ", wanted)}.");
        using var generator = new Generator((ulong)seed, CPU);
        return new LoraTuning(model, sites, options, generator, trainHead, logger);
    }

    /// <summary>Continues the training of an adapter.</summary>
    /// <param name="model">The model; it keeps its base layers.</param>
    /// <param name="start">The adapter to start from; copied.</param>
    /// <param name="dropout">The probability with which an input of the update is dropped in training, in [0, 1).</param>
    /// <param name="trainHead">
    /// Whether the head is trained too, and goes into the exported adapter. It starts from the adapter's saved head, which the model gets, or from the model's
    /// own where
    /// there is none. Default false: the model's head stays as it is.
    /// </param>
    /// <param name="logger">Is told what was attached, merged and detached.</param>
    /// <returns>The attachment. The caller owns it.</returns>
    /// <exception cref="AdapterMismatchException">The adapter does not fit the model.</exception>
    /// <exception cref="ArgumentException">The dropout is out of range, or the head shall train and there is none, it is adapted, or the saved one does not fit
    /// the model.</exception>
    /// <exception cref="InvalidOperationException">A layer is adapted already.</exception>
    public static LoraTuning Continue(IAdaptableModel model, LoraAdapter start, double dropout = 0, bool trainHead = false, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(start);
        LoraOptions.CheckDropout(dropout);
        return new LoraTuning(model, AdapterMatch.Resolve(model, [start], logger), dropout, trainHead, trainHead ? start.Head : null, logger);
    }

    /// <summary>The present updates as an adapter, factors and scaling as they are trained, with the head and its class names where that is trained too.</summary>
    /// <param name="name">What to call it.</param>
    /// <param name="spelling">Whose names its file uses.</param>
    /// <returns>A copy. The caller owns it.</returns>
    /// <exception cref="InvalidOperationException">Nothing is attached to the model any more.</exception>
    public LoraAdapter ToAdapter(string name, ModuleSpelling spelling = ModuleSpelling.Transformers5) => Export(name, spelling, layer => layer.ToTrainedDelta());

    /// <inheritdoc/>
    public override string ToString() => nameof(LoraTuning);
}

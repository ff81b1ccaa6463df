using System.Diagnostics;
using LoraComposition.Models;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>
/// Adapted layers standing in a model in place of its plain ones. While attached, every parameter of the model is frozen, but for its head where
/// that was asked to train too.
/// </summary>
/// <typeparam name="TLayer">The kind of adapted layer.</typeparam>
/// <remarks>
/// Owns the adapted layers, never the model or its base layers. Disposing it detaches. Move the model to its device before attaching or after,
/// but build the optimizer last: moving replaces parameters. Forward passes of the model in several threads are safe in evaluation; every member
/// here that changes something needs the model for itself.
/// </remarks>
public abstract class Attachment<TLayer> : IDisposable where TLayer : AdaptedLinear
{
    readonly IAdaptableModel model;
    readonly ILogger logger;
    readonly Dictionary<string, bool> gradientFlags;
    readonly List<(AdapterSite Site, TLayer Layer)> attached = [];
    readonly IClassifierModel? headOwner;
    bool disposed;

    /// <param name="model">The model to change.</param>
    /// <param name="sites">The places to adapt; all checks are done.</param>
    /// <param name="adapt">Makes the adapted layer of a place.</param>
    /// <param name="trainHead">Whether the model's head is trained too.</param>
    /// <param name="head">Where the head starts; copied. Null leaves the model's own.</param>
    /// <param name="logger">Is told what happens to the model; nobody where null.</param>
    private protected Attachment(IAdaptableModel model, IReadOnlyList<AdapterSite> sites, Func<AdapterSite, Linear, TLayer> adapt, bool trainHead,
        SavedHead? head, ILogger? logger)
    {
        long started = Stopwatch.GetTimestamp();
        (this.model, this.logger) = (model, logger ?? NullLogger.Instance);
        var plain = sites.Select(site => site.PlainLayer).ToArray();
        if (trainHead) headOwner = OwnerOfHead(model, sites, head);
        gradientFlags = model.named_parameters().ToDictionary(p => p.name, p => p.parameter.requires_grad);
        foreach (var (_, parameter) in model.named_parameters()) parameter.requires_grad = false;
        try
        {
            for (int i = 0; i < plain.Length; i++)
            {
                var layer = adapt(sites[i], plain[i]);
                sites[i].Replace(layer);
                attached.Add((sites[i], layer));
                this.logger.LayerAdapted(sites[i].Path, layer.GetType().Name);
            }
            if (head is not null) headOwner?.SetHead(head);
            foreach (var parameter in headOwner?.Classifier!.parameters() ?? []) parameter.requires_grad = true;
            this.logger.Attached(attached.Count, TrainableParameterCount, Milliseconds(started));
        }
        catch
        {
            Detach();
            throw;
        }
    }

    /// <summary>The adapted layers with their places, in the order of the forward pass. Empty after detaching. The layers are owned by this object.</summary>
    public IReadOnlyList<(AdapterSite Site, TLayer Layer)> Layers => attached;

    /// <summary>The parameters that training changes. Ask for them after the model has been moved.</summary>
    /// <param name="includeHead">Whether the head's are among them, after the layers'. Default false.</param>
    /// <returns>The parameters. Owned by the layers, and by the model its head's.</returns>
    /// <exception cref="InvalidOperationException">Nothing is attached any more, or the head's are asked for and the head is not trained.</exception>
    public IReadOnlyList<Parameter> TrainableParameters(bool includeHead = false)
    {
        RequireAttached();
        // Layers may share a parameter.
        var ofLayers = attached.SelectMany(l => l.Layer.TrainableParameters).Distinct<Parameter>(ReferenceEqualityComparer.Instance);
        if (!includeHead) return [.. ofLayers];
        var head = headOwner?.Classifier ?? throw new InvalidOperationException("The head is not trained; attach with trainHead: true.");
        return [.. ofLayers, .. head.parameters()];
    }

    /// <summary>The number of trained numbers, the head's not counted.</summary>
    /// <exception cref="InvalidOperationException">Nothing is attached any more.</exception>
    public long TrainableParameterCount => TrainableParameters().Sum(p => p.numel());

    /// <summary>Adds the present updates to the base weights in place, then detaches.</summary>
    /// <remarks>It cannot be cancelled: a model merged by half would be of no use.</remarks>
    /// <param name="progress">Is told how many layers are merged.</param>
    /// <exception cref="InvalidOperationException">Nothing is attached any more.</exception>
    /// <exception cref="NotSupportedException">The updates depend on the input (<see cref="RoutedComposition"/>); nothing is changed.</exception>
    public void MergeIntoBase(IProgress<WorkProgress>? progress = null)
    {
        RequireAttached();
        long started = Stopwatch.GetTimestamp();
        int count = attached.Count;
        using (no_grad())
        {
            // A layer that has no update to give says so here, before any weight is changed.
            foreach (var (_, layer) in attached) layer.ToDelta().Dispose();
            foreach (var (i, (site, layer)) in attached.Index())
            {
                using var merged = layer.MergedWeight();
                layer.BaseLayer.weight!.copy_(merged);
                logger.LayerMerged(site.Path);
                progress?.Report(new(i + 1, count));
            }
        }
        logger.Merged(count, Milliseconds(started));
        Detach();
    }

    /// <summary>
    /// Takes the adapted layers out: the model is as it was before, its parameters trainable or frozen as they were. A head that was trained too stays as it is now.
    /// </summary>
    public void Detach()
    {
        int count = attached.Count;
        // A model that was disposed took what is attached with it.
        bool modelIsGone = attached.Any(l => l.Layer.IsDisposed);
        if (!modelIsGone)
        {
            foreach (var (site, layer) in attached)
            {
                site.Replace(layer.ReleaseBase());
                layer.Dispose();
            }
        }
        attached.Clear();
        if (modelIsGone) return;
        foreach (var (name, parameter) in model.named_parameters())
            if (gradientFlags.TryGetValue(name, out bool flag)) parameter.requires_grad = flag;
        logger.Detached(count);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (attached.Count > 0) Detach();
        disposed = true;
        GC.SuppressFinalize(this);
    }

    private protected LoraAdapter Export(string name, ModuleSpelling spelling, Func<TLayer, LoraDelta> delta, AdapterProvenance? provenance = null, SavedHead? head = null)
    {
        RequireAttached();
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        long started = Stopwatch.GetTimestamp();
        var exported = new LoraAdapter(name, attached.Select(l => KeyValuePair.Create(l.Site.PathIn(spelling), delta(l.Layer))).ToArray(), model.BaseModelName)
        {
            BaseFingerprint = ModelFingerprint.Of(model),
            Provenance = provenance,
            Head = head?.Clone() ?? CopyHead(),
        };
        logger.Exported(name, attached.Count, Milliseconds(started));
        return exported;
    }

    static long Milliseconds(long started) => (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds;

    /// <summary>The head as it is now where it is trained, float32 as adapters are read; null where it is not.</summary>
    SavedHead? CopyHead()
    {
        if (headOwner?.Classifier is not { } head) return null;
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        return new SavedHead(Copy(head.weight!), head.bias is { } bias ? Copy(bias) : null, headOwner.ClassNames);

        static Tensor Copy(Parameter parameter) => parameter.detach().to(ScalarType.Float32, copy: true);
    }

    static IClassifierModel OwnerOfHead(IAdaptableModel model, IReadOnlyList<AdapterSite> sites, SavedHead? head)
    {
        if (model is not IClassifierModel owner || (owner.Classifier is null && head is null))
            throw new ArgumentException("The model has no head that could be trained; give it one first, or leave trainHead out.", nameof(model));
        if (sites.FirstOrDefault(site => site.Role == LinearRole.Head) is { } both)
            throw new ArgumentException($"The head '{both.Path}' is adapted, so it cannot be trained whole too; leave one out.", nameof(model));
        return owner;
    }

    /// <exception cref="InvalidOperationException">Nothing is attached any more.</exception>
    private protected void RequireAttached()
    {
        if (attached.Count == 0)
            throw disposed ? new ObjectDisposedException(ToString()) : new InvalidOperationException("Nothing is attached to the model any more.");
    }
}

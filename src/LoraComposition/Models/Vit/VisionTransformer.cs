using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition.Models;

/// <summary>A vision transformer for image classification (arXiv:2010.11929) whose linear layers can be adapted.</summary>
/// <remarks>
/// Of the family it computes ViT, DeiT with and without distillation, DINOv2 with and without registers, and the images' side of CLIP and SigLIP; which one it is
/// and what parts it has comes with the configuration.
/// Owns its parameters, not what is attached to it. Forward passes of one model in several threads are
/// safe in evaluation, from the first on; training, attaching, another head, loading and moving need the model for themselves.
/// </remarks>
/// <example>
/// <code>
/// using var model = VisionTransformer.Load("vit");
/// using var modules = LoraAdapter.LoadAll("modules");
///
/// foreach (var refusal in AdapterCompatibility.Check(model, modules).Refusals) Console.WriteLine(refusal);
/// </code>
/// </example>
public sealed partial class VisionTransformer : Module<Tensor, Tensor>, IBaseModel, IClassifierModel
{
    readonly VitEmbeddings embeddings;
    readonly ModuleList<VitBlock> blocks;
    readonly LayerNorm? norm;
    readonly VitAttentionPool? attention_pool;
    readonly AdapterSite[] headlessSites;
    readonly AdapterSite headSite;
    readonly DistilledHeads? distilled;
    Module<Tensor, Tensor>? projection;
    Module<Tensor, Tensor>? classifier;
    bool disposed;

    /// <summary>Builds the model with parameters that are not initialised; <see cref="Create"/> and <see cref="Load"/> fill them.</summary>
    /// <param name="config">The shape; with class names it gets a head.</param>
    /// <param name="device">Where the parameters lie. <c>torch.META</c>: shapes without memory.</param>
    /// <exception cref="ArgumentException">The sizes do not fit each other.</exception>
    public VisionTransformer(VitConfig config, Device device) : base(nameof(VisionTransformer))
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Validate();
        Config = config;
        embeddings = new VitEmbeddings(config, device);
        blocks = new ModuleList<VitBlock>(Enumerable.Range(0, config.LayerCount).Select(_ => new VitBlock(config, device)).ToArray());
        var parts = config.Parts;
        if (parts.LastNorm != VitNormPlace.None) norm = LayerNorm(config.HiddenSize, config.LayerNormEpsilon, device: device);
        if (parts.Pooling == VitPooling.Attention || parts.KeepsAttentionPool) attention_pool = new VitAttentionPool(config, device);
        if (parts.Pooling == VitPooling.ClassAndDistillationToken) distilled = new DistilledHeads();
        if (parts.ProjectionSize is { } size) projection = Linear(config.HiddenSize, size, false, device);
        if (config.ClassNames.Count > 0) classifier = Linear(config.FeatureSize, config.ClassNames.Count, true, device);
        RegisterComponents();
        var sites = blocks.SelectMany((block, i) => block.Sites(config, i)).Concat(attention_pool?.Sites(config) ?? []);
        headlessSites = [.. projection is null ? sites : sites.Append(ProjectionSite(config))];
        headSite = new AdapterSite("classifier", null, LinearRole.Head, config.LayerCount, this, nameof(classifier), () => classifier!, head => classifier = head)
        {
            OtherNames = [new TimmVitLayout().Head],
        };
    }

    /// <summary>The shape, and the names of the classes.</summary>
    public VitConfig Config { get; private set; }

    /// <summary>The layers that can be adapted, in the order of the forward pass. The head is the last, where the model has one.</summary>
    public IReadOnlyList<AdapterSite> Sites => classifier is null ? headlessSites : [.. headlessSites, headSite];

    /// <inheritdoc/>
    public string? BaseModelName { get; init; }

    /// <summary>The head, weight <c>[classes, features]</c>, without what is attached to it; null for a model without one. Owned by this model.</summary>
    public Linear? Classifier => classifier is null ? null : headSite.BaseLayer;

    IReadOnlyList<string> IClassifierModel.ClassNames => Config.ClassNames;

    internal VitEmbeddings Embeddings => embeddings;

    internal ModuleList<VitBlock> Blocks => blocks;

    /// <summary>The norm after the last block; null for none.</summary>
    internal LayerNorm? LastNorm => norm;

    internal VitAttentionPool? AttentionPool => attention_pool;

    /// <summary>The layer that brings the features to another width, plain or adapted; null for none.</summary>
    internal Module<Tensor, Tensor>? Projection => projection;

    /// <summary>What <c>model_type</c> may be in the <c>config.json</c> of a model in transformers' layout.</summary>
    public static IReadOnlyList<string> ModelTypes => VitFamily.AllModelTypes;

    /// <summary>A new model with the usual random start: weights normal with deviation 0.02, cut off at two deviations; biases zero.</summary>
    /// <param name="config">The shape.</param>
    /// <param name="seed">The seed of the random start.</param>
    /// <returns>The model, on the CPU, all trainable. The caller owns it.</returns>
    /// <exception cref="ArgumentException">The sizes do not fit each other.</exception>
    /// <exception cref="TorchBackendException">TorchSharp's native library does not load.</exception>
    public static VisionTransformer Create(VitConfig config, long seed)
    {
        NativeLibraryCheck.EnsureLoads();
        var model = new VisionTransformer(config, META);
        using var generator = new Generator((ulong)seed, CPU);
        foreach (var slot in model.Slots(config.Family.LayoutFor(config))) slot.Begin(generator);
        return model;
    }

    /// <summary>
    /// Reads a model from a model-hub folder: <c>config.json</c> beside <c>model.safetensors</c>, or beside the shards that <c>model.safetensors.index.json</c>
    /// names.
    /// The layout is that of transformers, also of a model that was saved without its head or with one for texts beside it, or of timm.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="options">Another image size, a fresh head, type; defaults where not given.</param>
    /// <param name="logger">Is told what was read.</param>
    /// <param name="progress">Is told how many tensors are read.</param>
    /// <param name="cancellation">Stops between two tensors.</param>
    /// <returns>The model, on the CPU, all trainable. The caller owns it.</returns>
    /// <exception cref="ModelFileException">A file is missing or damaged, or a tensor is missing, left over or of another shape.</exception>
    /// <exception cref="TorchBackendException">TorchSharp's native library does not load.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static VisionTransformer Load(string folder, VitLoadOptions? options = null, ILogger? logger = null, IProgress<WorkProgress>? progress = null,
        CancellationToken cancellation = default) =>
        VitCheckpoint.Load(folder, options ?? new VitLoadOptions(), logger ?? NullLogger.Instance, progress, cancellation);

    /// <summary>
    /// Checks whether <see cref="Load"/> takes a folder, as far as the configuration and the headers of the weights tell: their names, shapes and types. No
    /// weight is read.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="options">How it is to be loaded; defaults where not given.</param>
    /// <returns>The shape of the model that would be loaded, and the names of its classes.</returns>
    /// <exception cref="ModelFileException">A file is missing or damaged, or a tensor is missing, left over or of another shape.</exception>
    /// <exception cref="TorchBackendException">TorchSharp's native library does not load.</exception>
    public static VitConfig Check(string folder, VitLoadOptions? options = null) => VitCheckpoint.Check(folder, options ?? new VitLoadOptions());

    /// <summary>
    /// Writes the model to a folder in transformers' layout, the weights first; all files are on the disk before the first is replaced, and each is replaced whole. A model that was read in timm's layout
    /// and has other parts than a plain ViT is written in that.
    /// </summary>
    /// <param name="folder">The folder; it is created where it is missing.</param>
    /// <param name="options">Another type, several files, what to copy beside them; where not given, one file in the parameters' own types.</param>
    /// <param name="logger">Is told what was written.</param>
    /// <param name="progress">Is told how many tensors are written.</param>
    /// <param name="cancellation">Stops between two tensors; the folder is then as it was.</param>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    /// <exception cref="InvalidOperationException">An adapter is attached; detach or merge it first.</exception>
    /// <exception cref="ArgumentException">An option is out of range, or a number is too large for the type that was asked for. Nothing was written.</exception>
    /// <exception cref="CheckpointException">A file of <see cref="CheckpointSaveOptions.CompanionsFrom"/> is refused. Nothing was written.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void Save(string folder, CheckpointSaveOptions? options = null, ILogger? logger = null, IProgress<WorkProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ThrowIfDisposed();
        VitCheckpoint.Save(this, folder, options ?? new CheckpointSaveOptions(), logger ?? NullLogger.Instance, progress, cancellation);
    }

    /// <summary>
    /// Puts a fresh head on the model: weights normal with deviation 0.02, bias zero. An old head is disposed. The head of a 16-bit model is float32,
    /// so that it can be trained; the features are cast to it.
    /// </summary>
    /// <param name="classNames">The names of the classes.</param>
    /// <param name="seed">The seed of the random start.</param>
    /// <exception cref="ArgumentException">There is no class.</exception>
    /// <exception cref="InvalidOperationException">An adapter is attached to the old head.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public void ResetHead(IReadOnlyList<string> classNames, long seed)
    {
        ArgumentNullException.ThrowIfNull(classNames);
        if (classNames.Count == 0) throw new ArgumentException("A head needs at least one class.");
        using var generator = new Generator((ulong)seed, CPU);
        PutHead(classNames, () => VitInitialisation.Normal([classNames.Count, Config.FeatureSize], generator), () => zeros(classNames.Count));
    }

    /// <summary>Puts a trained head on the model, as an adapter's file may hold one. An old head is disposed. Its type is that of a fresh head.</summary>
    /// <param name="head">The head; copied. Where it has no bias, the bias is zero.</param>
    /// <param name="classNames">The names of the classes. Where not given, those the head was saved with, else the old ones if there are as many, else
    /// <c>LABEL_0</c> and so on.</param>
    /// <exception cref="ArgumentException">The head reads another width than the model's, or has another number of classes than there are names.</exception>
    /// <exception cref="InvalidOperationException">An adapter is attached to the old head.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public void SetHead(SavedHead head, IReadOnlyList<string>? classNames = null)
    {
        ArgumentNullException.ThrowIfNull(head);
        if (head.InFeatures != Config.FeatureSize)
            throw new ArgumentException($"The head's weight is [{head.ClassCount}, {head.InFeatures}], expected [*, {Config.FeatureSize}]; it was trained on a model of another width.", nameof(head));
        if (classNames is not null && classNames.Count != head.ClassCount)
            throw new ArgumentException($"{classNames.Count} class names are given for a head of {head.ClassCount} classes.", nameof(classNames));
        classNames ??= head.ClassNames ?? (Config.ClassNames.Count == head.ClassCount ? Config.ClassNames
            : [.. Enumerable.Range(0, (int)head.ClassCount).Select(i => $"LABEL_{i}")]);
        PutHead(classNames, () => head.Weight.detach().clone(), () => head.Bias?.detach().clone() ?? zeros(head.ClassCount));
    }

    /// <summary>Every parameter and where a checkpoint of the given layout holds it.</summary>
    internal IEnumerable<WeightSlot> Slots(VitLayout layout)
    {
        foreach (var slot in embeddings.Slots(layout)) yield return slot;
        foreach (var slot in blocks.SelectMany((block, i) => block.Slots(layout, i))) yield return slot;
        foreach (var slot in norm is null ? [] : WeightSlot.Of(layout.LastNorm, norm)) yield return slot;
        foreach (var slot in attention_pool?.Slots(layout.AttentionPool) ?? []) yield return slot;
        foreach (var slot in projection is null ? [] : WeightSlot.Of(layout.Projection, projection, VitInitialisation.Normal)) yield return slot;
        foreach (var slot in classifier is null ? [] : HeadSlots(layout, classifier)) yield return slot;
    }

    IEnumerable<WeightSlot> HeadSlots(VitLayout layout, Module<Tensor, Tensor> head) =>
        distilled is null ? WeightSlot.Of(layout.Head, head, VitInitialisation.Normal) : distilled.Slots(layout, head);

    AdapterSite ProjectionSite(VitConfig config) => VitSite.Of(config.Family.PoolingNames(config, LinearRole.Projection), LinearRole.Projection, config.LayerCount, this,
        nameof(projection), () => projection!, layer => projection = layer);

    void PutHead(IReadOnlyList<string> classNames, Func<Tensor> weight, Func<Tensor> bias)
    {
        ThrowIfDisposed();
        var old = classifier is null ? null : headSite.PlainLayer;
        var (type, device) = (embeddings.Dtype.ElementSize() > 2 ? embeddings.Dtype : ScalarType.Float32, embeddings.Device);
        var head = Linear(Config.FeatureSize, classNames.Count, true, META);
        try
        {
            head.weight = Owned(() => weight().to(type, device));
            head.bias = Owned(() => bias().to(type, device));
        }
        catch
        {
            head.Dispose();
            throw;
        }
        headSite.Replace(head);
        old?.Dispose();
        Config = Config with { ClassNames = [.. classNames] };
    }

    // What is made on the way goes with the scope; the parameter stays.
    static Parameter Owned(Func<Tensor> make)
    {
        using var scope = NewDisposeScope();
        return (Parameter)new Parameter(make()).DetachFromDisposeScope();
    }

    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    internal void ThrowIfDisposed()
    {
        if (disposed) throw Gone();
    }

    ObjectDisposedException Gone() => new(BaseModelName is null ? nameof(VisionTransformer) : $"{nameof(VisionTransformer)} '{BaseModelName}'");

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        disposed = true;
        distilled?.Dispose();
        base.Dispose(disposing);
    }
}

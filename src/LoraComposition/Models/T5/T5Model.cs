using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraComposition.Models;

/// <summary>
/// A T5 (arXiv:1910.10683) with encoder, decoder and language-model head, as transformers' T5ForConditionalGeneration, whose linear layers can be adapted:
/// T5 1.0, T5 1.1 with Flan-T5, mT5 and UMT5 (<see cref="T5Family"/>).
/// </summary>
/// <remarks>
/// Owns its parameters, not what is attached to it. There is no dropout, in training neither. In 16 bits the layers that leave the feed-forward parts stay
/// float32, and with them the states between blocks. Forward passes and generation of one model in several threads are safe in evaluation, from the
/// first on, each with its own <see cref="DecoderCache"/>; training, attaching, loading and moving need the model for themselves. Indices on the CPU are
/// checked; those on a GPU are not, because reading them back would wait for it in every step: one outside the vocabulary ends the program there.
/// </remarks>
/// <example>
/// <code>
/// using var model = T5Model.Load("flan-t5");
/// var tokenizer = T5Tokenizer.Load("flan-t5");
/// using var modules = new AdapterCollection(LoraAdapter.Load("adapters/sciq"), LoraAdapter.Load("adapters/quail"));
/// using var composition = Composition.AttachUniform(model, modules);
///
/// using var questions = tokenizer.EncodeBatch(["which is last in the list (A) two (B) nine"]);
/// foreach (var answer in model.Generate(questions.Ids, questions.Mask, new GenerationOptions { MaxLength = 16, Beams = 4 }))
///     Console.WriteLine(tokenizer.Decode(answer.Best.Ids));
/// </code>
/// </example>
public sealed class T5Model : Module<Tensor, Tensor?, Tensor, Tensor>, IBaseModel
{
    /// <summary>The label of a token that does not count.</summary>
    public const long IgnoredLabel = -100;

    // Encoder, decoder and the tied head all use this one module.
    readonly T5Embedding shared;
    readonly T5Encoder encoder;
    readonly T5Decoder decoder;
    Module<Tensor, Tensor>? lm_head;
    bool disposed;

    /// <summary>What <c>model_type</c> may be in the <c>config.json</c> of a model of this family.</summary>
    public static IReadOnlyList<string> ModelTypes { get; } = [.. T5Variant.ModelTypes];

    /// <summary>Builds the model with parameters that are not initialised; <see cref="Create"/> and <see cref="Load"/> fill them.</summary>
    /// <param name="config">The shape.</param>
    /// <param name="device">Where the parameters lie. <c>torch.META</c>: shapes without memory.</param>
    /// <exception cref="ArgumentException">The sizes do not fit each other.</exception>
    public T5Model(T5Config config, Device device) : base(nameof(T5Model))
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Validate();
        Config = config;
        shared = new T5Embedding(config, device);
        encoder = new T5Encoder(config, device);
        decoder = new T5Decoder(config, device);
        if (!config.TiedHead) lm_head = Linear(config.HiddenSize, config.VocabularySize, false, device);
        RegisterComponents();
        int blocks = config.EncoderLayerCount + config.DecoderLayerCount;
        var sites = encoder.Sites().Concat(decoder.Sites(config.EncoderLayerCount));
        Sites = [.. config.TiedHead ? sites : sites.Append(new AdapterSite("lm_head", null, LinearRole.Head, blocks, this, nameof(lm_head), () => lm_head!,
            head => lm_head = head))];
    }

    /// <summary>The shape.</summary>
    public T5Config Config { get; }

    /// <summary>
    /// The layers that can be adapted, in the order of the forward pass: encoder, decoder, and the head where it has weights of its own. The decoder's blocks
    /// are counted on after the encoder's. Cross-attention has the same roles as self-attention.
    /// </summary>
    public IReadOnlyList<AdapterSite> Sites { get; }

    /// <inheritdoc/>
    public string? BaseModelName { get; init; }

    /// <summary>A new model with transformers' random start: normal numbers, whose deviation depends on the widths a layer connects.</summary>
    /// <param name="config">The shape.</param>
    /// <param name="seed">The seed of the random start.</param>
    /// <returns>The model, on the CPU, all trainable. The caller owns it.</returns>
    /// <exception cref="ArgumentException">The sizes do not fit each other.</exception>
    /// <exception cref="TorchBackendException">TorchSharp's native library does not load.</exception>
    public static T5Model Create(T5Config config, long seed)
    {
        NativeLibraryCheck.EnsureLoads();
        var model = new T5Model(config, META);
        using var generator = new Generator((ulong)seed, CPU);
        foreach (var slot in model.Slots()) slot.Begin(generator);
        return model;
    }

    /// <summary>
    /// Reads a model from a model-hub folder: <c>config.json</c> beside <c>model.safetensors</c>, or beside the shards that <c>model.safetensors.index.json</c>
    /// names.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="options">The type of the parameters; defaults where not given.</param>
    /// <param name="logger">Is told what was read.</param>
    /// <param name="progress">Is told how many tensors are read.</param>
    /// <param name="cancellation">Stops between two tensors.</param>
    /// <returns>The model, on the CPU, all trainable. The caller owns it.</returns>
    /// <exception cref="ModelFileException">A file is missing or damaged, or a tensor is missing, left over or of another shape.</exception>
    /// <exception cref="TorchBackendException">TorchSharp's native library does not load.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static T5Model Load(string folder, T5LoadOptions? options = null, ILogger? logger = null, IProgress<WorkProgress>? progress = null,
        CancellationToken cancellation = default) =>
        T5Checkpoint.Load(folder, options ?? new T5LoadOptions(), logger ?? NullLogger.Instance, progress, cancellation);

    /// <summary>
    /// Checks whether <see cref="Load"/> takes a folder, as far as the configuration and the headers of the weights tell: their names, shapes and types. No
    /// weight is read
    /// but the embedding's, where the file holds it a second time: the two must be equal.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="options">How it is to be loaded; defaults where not given.</param>
    /// <returns>The shape of the model that would be loaded.</returns>
    /// <exception cref="ModelFileException">A file is missing or damaged, or a tensor is missing, left over or of another shape.</exception>
    /// <exception cref="TorchBackendException">TorchSharp's native library does not load.</exception>
    public static T5Config Check(string folder, T5LoadOptions? options = null) => T5Checkpoint.Check(folder, options ?? new T5LoadOptions());

    /// <summary>
    /// Writes the model to a folder in transformers' layout, the weights first; all files are on the disk before the first is replaced, and each is replaced whole. The embedding is written once.
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
        T5Checkpoint.Save(this, folder, options ?? new CheckpointSaveOptions(), logger ?? NullLogger.Instance, progress, cancellation);
    }

    /// <summary>The logits of each next token.</summary>
    /// <param name="ids">The text, <c>[batch, tokens]</c> of int64.</param>
    /// <param name="mask"><c>[batch, tokens]</c>, 0 for filling; null where all tokens count.</param>
    /// <param name="decoderIds">What the decoder reads, <c>[batch, decoded]</c> of int64; it begins with <see cref="T5Config.DecoderStartTokenId"/>.</param>
    /// <returns><c>[batch, decoded, vocabulary]</c>. The caller owns them.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit, or an index lies outside the vocabulary.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public override Tensor forward(Tensor ids, Tensor? mask, Tensor decoderIds)
    {
        ThrowIfDisposed();
        using var scope = NewDisposeScope();
        using var pass = WeightGroup.ModelPass.Begin();
        return Logits(Decode(decoderIds, Encode(ids, mask), mask)).MoveToOuterDisposeScope();
    }

    /// <summary>The mean cross-entropy of the labels, each predicted from the ones before it.</summary>
    /// <param name="ids">The text, <c>[batch, tokens]</c> of int64.</param>
    /// <param name="mask"><c>[batch, tokens]</c>, 0 for filling; null where all tokens count.</param>
    /// <param name="labels">The answer, <c>[batch, decoded]</c> of int64, with <see cref="IgnoredLabel"/> where a token does not count.</param>
    /// <returns>A scalar, the mean over all tokens that count. The caller owns it.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit, an index lies outside the vocabulary, or no label counts.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public Tensor Loss(Tensor ids, Tensor? mask, Tensor labels)
    {
        ThrowIfDisposed();
        using var scope = NewDisposeScope();
        var decoderIds = ShiftRight(labels);
        using Scalar ignored = IgnoredLabel;
        if (labels.device_type == DeviceType.CPU && labels.eq(ignored).all().item<bool>())
            throw new ArgumentException("No label counts, so there is no loss.", nameof(labels));
        // [batch, decoded, vocabulary] → [batch · decoded, vocabulary]
        var logits = call(ids, mask, decoderIds).flatten(0, 1);
        // 16 bits are too few for the sum over a vocabulary.
        if (logits.dtype.ElementSize() < 4) logits = logits.to(ScalarType.Float32);
        return functional.cross_entropy(logits, labels.flatten(), ignore_index: IgnoredLabel).MoveToOuterDisposeScope();
    }

    /// <summary>Encodes texts.</summary>
    /// <param name="ids"><c>[batch, tokens]</c> of int64.</param>
    /// <param name="mask"><c>[batch, tokens]</c>, 0 for filling; null where all tokens count.</param>
    /// <returns>The encoder's states, <c>[batch, tokens, d]</c>. The caller owns them.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit, or an index lies outside the vocabulary.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public Tensor Encode(Tensor ids, Tensor? mask = null)
    {
        ThrowIfDisposed();
        using var scope = NewDisposeScope();
        TokenIds.CheckMask(mask, ids, nameof(mask));
        using var pass = WeightGroup.ModelPass.Begin();
        return encoder.call(Embed(ids, nameof(ids)), mask).MoveToOuterDisposeScope();
    }

    /// <summary>Decodes whole sequences: each token sees itself, those before it and the encoder's states.</summary>
    /// <param name="decoderIds"><c>[batch, decoded]</c> of int64; they begin with <see cref="T5Config.DecoderStartTokenId"/>.</param>
    /// <param name="encoderStates">What <see cref="Encode"/> gave, <c>[batch, tokens, d]</c>.</param>
    /// <param name="encoderMask">The mask that <see cref="Encode"/> got, <c>[batch, tokens]</c>; null where all tokens count.</param>
    /// <param name="decoderMask"><c>[batch, decoded]</c>, 0 for filling in front; null where all tokens count.</param>
    /// <returns>The decoder's states, <c>[batch, decoded, d]</c>. The caller owns them.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit, or an index lies outside the vocabulary.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public Tensor Decode(Tensor decoderIds, Tensor encoderStates, Tensor? encoderMask = null, Tensor? decoderMask = null)
    {
        ThrowIfDisposed();
        using var scope = NewDisposeScope();
        CheckStates(encoderStates, encoderMask);
        TokenIds.CheckMask(decoderMask, decoderIds, nameof(decoderMask));
        CheckBatch(decoderIds, encoderStates.shape[0]);
        using var pass = WeightGroup.ModelPass.Begin();
        return decoder.Decode(Embed(decoderIds, nameof(decoderIds)), decoderMask, encoderStates, encoderMask).MoveToOuterDisposeScope();
    }

    /// <summary>Begins a generation: computes what cross-attention reads once for all tokens.</summary>
    /// <param name="encoderStates">What <see cref="Encode"/> gave, <c>[batch, tokens, d]</c>.</param>
    /// <param name="encoderMask">The mask that <see cref="Encode"/> got, <c>[batch, tokens]</c>; null where all tokens count.</param>
    /// <returns>A cache that holds no decoded token yet. The caller owns it.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public DecoderCache StartDecoding(Tensor encoderStates, Tensor? encoderMask = null)
    {
        ThrowIfDisposed();
        CheckStates(encoderStates, encoderMask);
        return decoder.NewCache(encoderStates, encoderMask);
    }

    /// <summary>Decodes the next tokens of the sequences in a cache. Without a scope of <c>no_grad</c> the cache keeps the graph of all steps alive.</summary>
    /// <param name="decoderIds">The next tokens, <c>[batch, next]</c> of int64; the very first is <see cref="T5Config.DecoderStartTokenId"/>.</param>
    /// <param name="cache">What was kept so far; it is extended by these tokens.</param>
    /// <returns>The decoder's states of these tokens, <c>[batch, next, d]</c>. The caller owns them.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit, or an index lies outside the vocabulary.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public Tensor Decode(Tensor decoderIds, DecoderCache cache)
    {
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(cache);
        using var scope = NewDisposeScope();
        CheckBatch(decoderIds, cache.BatchSize);
        return decoder.Decode(Embed(decoderIds, nameof(decoderIds)), cache).MoveToOuterDisposeScope();
    }

    /// <summary>Applies the head to the decoder's states.</summary>
    /// <param name="states"><c>[…, d]</c>.</param>
    /// <returns><c>[…, vocabulary]</c>. The caller owns them.</returns>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public Tensor Logits(Tensor states)
    {
        ThrowIfDisposed();
        using var scope = NewDisposeScope();
        using Scalar scale = 1 / Math.Sqrt(Config.HiddenSize);
        var read = Config.ScaledHead ? states.mul(scale) : states;
        return FewRows.Apply(read, rows => lm_head is null ? functional.linear(rows, shared.Table) : lm_head.call(rows)).MoveToOuterDisposeScope();
    }

    /// <summary>What the decoder reads to predict labels: the start token, then each label but the last. Labels that do not count become filling.</summary>
    /// <param name="labels"><c>[batch, decoded]</c> of int64.</param>
    /// <returns><c>[batch, decoded]</c> of int64. The caller owns them.</returns>
    /// <exception cref="ArgumentException">They are no such matrix, or a label lies outside the vocabulary.</exception>
    public Tensor ShiftRight(Tensor labels)
    {
        using var scope = NewDisposeScope();
        using Scalar ignored = IgnoredLabel, padding = Config.PadTokenId, begin = Config.DecoderStartTokenId;
        var filled = labels.dtype == ScalarType.Int64 ? labels.masked_fill(labels.eq(ignored), padding) : labels;
        TokenIds.Check(filled, 2, Config.VocabularySize, nameof(labels));
        var start = full_like(filled[.., ..1], begin);
        return cat([start, filled[.., ..^1]], 1).MoveToOuterDisposeScope();
    }

    /// <summary>Every parameter and where a checkpoint holds it.</summary>
    /// <param name="embedding">What the checkpoint calls the embedding.</param>
    internal IEnumerable<WeightSlot> Slots(string embedding = "shared")
    {
        var slots = encoder.Slots().Prepend(shared.Slot(embedding)).Concat(decoder.Slots());
        return lm_head is null ? slots : slots.Concat(WeightSlot.Of(new TensorSource("lm_head"), lm_head, T5Initialisation.Tokens));
    }

    Tensor Embed(Tensor ids, string name)
    {
        TokenIds.Check(ids, 2, Config.VocabularySize, name);
        return shared.call(ids);
    }

    void CheckStates(Tensor encoderStates, Tensor? encoderMask)
    {
        if (encoderStates.dim() != 3 || encoderStates.shape[2] != Config.HiddenSize)
            throw new ArgumentException($"Expected the encoder's states [batch, tokens, {Config.HiddenSize}], found [{string.Join(", ", encoderStates.shape)}].", nameof(encoderStates));
        TokenIds.CheckMask(encoderMask, encoderStates, nameof(encoderMask));
    }

    static void CheckBatch(Tensor decoderIds, long batch)
    {
        if (decoderIds.dim() != 2 || decoderIds.shape[0] != batch)
            throw new ArgumentException($"Expected indices [{batch}, *], as many sequences as were encoded, found [{string.Join(", ", decoderIds.shape)}].",
                nameof(decoderIds));
    }

    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    internal void ThrowIfDisposed()
    {
        if (disposed) throw Gone();
    }

    ObjectDisposedException Gone() => new(BaseModelName is null ? nameof(T5Model) : $"{nameof(T5Model)} '{BaseModelName}'");

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        disposed = true;
        base.Dispose(disposing);
    }
}

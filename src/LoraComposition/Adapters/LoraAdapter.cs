using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace LoraComposition;

/// <summary>
/// One trained LoRA module: a name, and for each adapted layer the low-rank update. It holds the layer paths as its file spells them;
/// the model it is attached to says which layer each path means.
/// </summary>
/// <remarks>Owns its updates and disposes them. Safe to read from several threads.</remarks>
/// <example>
/// <code>
/// using var adapter = LoraAdapter.Load("adapters/eurosat");
///
/// Console.WriteLine($"{adapter.Name}: {adapter.Layers.Count} layers, {adapter.ParameterCount:N0} numbers, trained on {adapter.BaseModel}");
/// foreach (string warning in adapter.Warnings) Console.WriteLine(warning);
/// </code>
/// </example>
public sealed class LoraAdapter : IDisposable
{
    readonly SortedDictionary<string, LoraDelta> layers;
    readonly SavedHead? head;
    bool disposed;

    /// <summary>Takes over the given updates.</summary>
    /// <param name="name">What to call the module in reports and messages.</param>
    /// <param name="layers">The update of each adapted layer by its path, for example <c>vit.layers.0.attention.q_proj</c>. Owned by the new object.</param>
    /// <param name="baseModel">The name of the model the module was trained on, where known.</param>
    /// <exception cref="ArgumentException">There is no layer, or a path occurs twice or is empty.</exception>
    public LoraAdapter(string name, IEnumerable<KeyValuePair<string, LoraDelta>> layers, string? baseModel = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(layers);
        this.layers = new SortedDictionary<string, LoraDelta>(StringComparer.Ordinal);
        foreach (var (path, delta) in layers)
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(path);
            if (!this.layers.TryAdd(path, delta)) throw new ArgumentException($"Adapter '{name}' names the layer '{path}' twice.");
        }
        if (this.layers.Count == 0) throw new ArgumentException($"Adapter '{name}' holds no layer.");
        (Name, BaseModel) = (name, baseModel);
        foreach (var (path, delta) in this.layers) delta.Place = (name, path);
    }

    /// <summary>What the module is called in reports and messages.</summary>
    public string Name { get; }

    /// <summary>The name of the model the module was trained on, where known.</summary>
    public string? BaseModel { get; }

    /// <summary>The revision of that model, where known. Default null.</summary>
    public string? Revision { get; init; }

    /// <summary>
    /// The fingerprint of the model that the module was trained on, by the weights of its layers: the same in whatever files and floating type they are stored.
    /// Null where the file has none, as one that PEFT wrote. Default null.
    /// </summary>
    public string? BaseFingerprint { get; init; }

    /// <summary>
    /// The whole classifier that was saved with the module; null where none was. Owned by this object. It is written with the module but never composed.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The adapter was disposed.</exception>
    public SavedHead? Head
    {
        get => disposed ? throw Gone() : head;
        init
        {
            head = value;
            head?.AdapterName = Name;
        }
    }

    /// <summary>How the module was composed from others; null where it was trained or nothing is known.</summary>
    public AdapterProvenance? Provenance { get; init; }

    /// <summary>The SHA-256 of the weights file the module was read from, 64 lower-case hexadecimal digits; null where it was made in memory.</summary>
    public string? Fingerprint { get; internal set; }

    /// <summary>The weights file the module was read from; null where it was made in memory.</summary>
    public string? WeightsPath { get; internal set; }

    /// <summary>What was odd about the files the module was read from, but changes nothing; empty where nothing was.</summary>
    public IReadOnlyList<string> Warnings { get; internal init; } = [];

    /// <summary>The update of each adapted layer by its path, in ordinal order. Owned by this object.</summary>
    /// <exception cref="ObjectDisposedException">The adapter was disposed.</exception>
    public IReadOnlyDictionary<string, LoraDelta> Layers => disposed ? throw Gone() : layers;

    /// <summary>The number of trained numbers in all layers, a saved head's not counted: <c>Σ rank · (in + out)</c>.</summary>
    /// <exception cref="ObjectDisposedException">The adapter was disposed.</exception>
    public long ParameterCount => Layers.Values.Sum(d => d.Rank * (d.InFeatures + d.OutFeatures));

    /// <summary>The number of layers whose update is zero.</summary>
    /// <exception cref="ObjectDisposedException">The adapter was disposed.</exception>
    public int ZeroLayerCount => Layers.Values.Count(delta => delta.IsZero);

    /// <summary>Whether the update is zero in every layer, as it is where a training kept its start: the model then computes what it does without.</summary>
    /// <exception cref="ObjectDisposedException">The adapter was disposed.</exception>
    public bool IsZero => Layers.Values.All(delta => delta.IsZero);

    /// <summary>Says that the module changes nothing, in a sentence for people; null where it changes something.</summary>
    /// <exception cref="ObjectDisposedException">The adapter was disposed.</exception>
    public string? ZeroWarning => IsZero ? ZeroUpdate.Warning(Name, Layers.Count) : null;

    /// <summary>Reads one adapter from a PEFT folder (<c>adapter_config.json</c> and <c>adapter_model.safetensors</c>).</summary>
    /// <remarks>
    /// Only plain LoRA on linear layers is read; every other setting is refused. A rank that differs from the tensors', and <c>fan_in_fan_out</c>, which PEFT
    /// itself passes over on linear layers, give a warning in <see cref="Warnings"/>.
    /// </remarks>
    /// <param name="folder">The folder that holds the two files, or one single sub-folder that does, as PEFT writes adapters with a name.</param>
    /// <param name="name">What to call the adapter; the name of the folder that holds the two files where not given.</param>
    /// <param name="options">What is let through; defaults where not given.</param>
    /// <param name="logger">Is told what was read and what was odd.</param>
    /// <returns>The adapter. The caller owns it.</returns>
    /// <exception cref="ModelFileException">A file is missing, damaged or not supported; the message names file, key, expected and found.</exception>
    public static LoraAdapter Load(string folder, string? name = null, AdapterLoadOptions? options = null, ILogger? logger = null) =>
        PeftAdapterReader.Read(folder, name, options ?? new AdapterLoadOptions(), logger ?? NullLogger.Instance);

    /// <summary>Reads every PEFT adapter in the direct sub-folders of a folder, in ordinal order of their names, by which the adapters are called.</summary>
    /// <param name="folder">The folder whose sub-folders hold an <c>adapter_config.json</c> each, or one single sub-folder that does; others are passed
    /// over.</param>
    /// <param name="options">What is let through; defaults where not given.</param>
    /// <param name="logger">Is told what was read, skipped and odd.</param>
    /// <param name="progress">Is told how many adapters are read.</param>
    /// <param name="cancellation">Stops between two adapters.</param>
    /// <returns>The adapters. The caller owns them and disposes them all at once.</returns>
    /// <exception cref="ModelFileException">The folder is missing, holds no adapter, or one of them cannot be read.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static AdapterCollection LoadAll(string folder, AdapterLoadOptions? options = null, ILogger? logger = null, IProgress<WorkProgress>? progress = null,
        CancellationToken cancellation = default) =>
        PeftAdapterReader.ReadAll(folder, options ?? new AdapterLoadOptions(), logger ?? NullLogger.Instance, progress, cancellation);

    /// <summary>Writes the adapter as a PEFT folder, the weights first and the configuration last; each file is replaced whole or not at all.</summary>
    /// <param name="folder">The folder; it is created where it is missing.</param>
    /// <param name="options">The type of the weights; defaults where not given.</param>
    /// <param name="logger">Is told what was written.</param>
    /// <exception cref="ArgumentException">An option or the provenance is not valid, a weight is too large for the type, or the head is both adapted and
    /// saved.</exception>
    /// <exception cref="ObjectDisposedException">The adapter was disposed.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public void Save(string folder, AdapterSaveOptions? options = null, ILogger? logger = null) =>
        PeftAdapterWriter.Write(this, folder, options ?? new AdapterSaveOptions(), logger ?? NullLogger.Instance);

    /// <summary>The same module with other numbers or names for its layers: what is known about it, and a copy of its head, go along.</summary>
    internal LoraAdapter With(string name, IEnumerable<KeyValuePair<string, LoraDelta>> layers, AdapterProvenance? provenance) =>
        new(name, layers, BaseModel) { Revision = Revision, BaseFingerprint = BaseFingerprint, Head = Head?.Clone(), Warnings = Warnings, Provenance = provenance };

    /// <inheritdoc/>
    public void Dispose()
    {
        disposed = true;
        foreach (var delta in layers.Values) delta.Dispose();
        head?.Dispose();
    }

    ObjectDisposedException Gone() => new($"{nameof(LoraAdapter)} '{Name}'");
}

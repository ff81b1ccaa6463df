using LoraComposition.Files;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>
/// Writes an adapter layer by layer, as PEFT's folder or in another layout, so that no more than one layer need be in memory. Nothing appears in its place
/// before <see cref="Complete"/>; what was added until then waits in a temporary file. The same adapter gives the same bytes, in whatever order its layers came, and
/// those that <see cref="LoraAdapter.Save"/> gives.
/// </summary>
/// <remarks>
/// Disposing without <see cref="Complete"/>, as where the work failed or was cancelled, leaves the folder as it was. Not thread-safe.
/// </remarks>
public sealed class AdapterFileWriter : IDisposable
{
    readonly AdapterLayout layout;
    readonly string folder, weights;
    readonly AdapterSaveOptions options;
    readonly SafetensorsSpool spool;
    readonly SortedDictionary<string, (long Rank, double Scaling)> layers = new(StringComparer.Ordinal);
    readonly SortedSet<string> savedModules = new(StringComparer.Ordinal);
    bool completed, disposed;

    /// <summary>Starts an adapter.</summary>
    /// <param name="folder">The folder. It is created in the end where it is missing; the one above it is created at once. On its disk twice the adapter's size
    /// must be free. In another layout than PEFT's it may be the path of a <c>.safetensors</c> file; in a folder the file is
    /// <c>pytorch_lora_weights.safetensors</c>, as diffusers looks for it.</param>
    /// <param name="options">The type of the weights; defaults where not given.</param>
    /// <param name="layout">
    /// How the adapter is spelled; PEFT's folder where not given. In the others each layer's scaling goes into B, and alpha is the rank: beside each layer as
    /// kohya has it, or in the text entry of diffusers.
    /// </param>
    /// <exception cref="ArgumentException">An option is not valid.</exception>
    /// <exception cref="IOException">Nothing can be written there.</exception>
    public AdapterFileWriter(string folder, AdapterSaveOptions? options = null, AdapterLayout? layout = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        this.options = options ?? new AdapterSaveOptions();
        this.options.Validate();
        this.layout = layout ?? AdapterLayout.Peft;
        (this.folder, weights) = this.layout.Place(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        if (File.Exists(this.folder)) throw new IOException($"{folder}: expected a folder or nothing, found a file.");
        string home = Directory.Exists(this.folder) ? this.folder : Path.GetDirectoryName(this.folder) ?? this.folder;
        Directory.CreateDirectory(home);
        spool = new SafetensorsSpool(home, weights);
    }

    /// <summary>Adds one layer.</summary>
    /// <param name="layer">Its path, as the model spells it.</param>
    /// <param name="delta">Its update, <c>A [rank, in]</c> and <c>B [out, rank]</c> of any kind of layer. It stays the caller's and may be disposed
    /// afterwards.</param>
    /// <param name="kind">What kind of layer it is, on which the names and shapes in the file depend. Default a linear one.</param>
    /// <exception cref="ArgumentException">The layer was added before or is saved whole, a weight is too large for the type, or the layout has no spelling for
    /// the layer.</exception>
    /// <exception cref="InvalidOperationException">The folder is complete.</exception>
    /// <exception cref="ObjectDisposedException">The writer or the update was disposed.</exception>
    /// <exception cref="IOException">The disk is full.</exception>
    public void Add(string layer, LoraDelta delta, AdapterLayerKind kind = AdapterLayerKind.Linear)
    {
        CheckIsOpen();
        ArgumentException.ThrowIfNullOrWhiteSpace(layer);
        ArgumentNullException.ThrowIfNull(delta);
        if (!Enum.IsDefined(kind)) throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such kind of layer.");
        layout.CheckLayer(layer, kind);
        if (layers.ContainsKey(layer)) throw new ArgumentException($"Layer '{layer}' was added twice.", nameof(layer));
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        var (a, b) = (delta.A.detach(), delta.B.detach());
        // In float64, so that it is rounded once.
        if (!layout.KeepsScaling && delta.Scaling != 1) b = b.to(ScalarType.Float64).mul(delta.Scaling);
        if (kind == AdapterLayerKind.Convolution) (a, b) = (a.unsqueeze(2).unsqueeze(3), b.unsqueeze(2).unsqueeze(3));
        Spool(layout.Key(layer, LoraFactor.A, kind), a, delta.A.dtype);
        Spool(layout.Key(layer, LoraFactor.B, kind), b, delta.B.dtype);
        // Never in a type of 16 bits, which do not hold every rank.
        if (layout.AlphaKey(layer) is { } alpha) spool.Add(alpha, tensor((float)delta.Rank), ScalarType.Float32);
        layers.Add(layer, (delta.Rank, layout.KeepsScaling ? delta.Scaling : 1));
    }

    /// <summary>Adds one tensor of a module that is saved whole.</summary>
    /// <param name="name">Its name in the model, for example <c>classifier.weight</c>, as in <see cref="SavedTensor.Name"/>.</param>
    /// <param name="module">The path of its module, with which the name begins, for example <c>classifier</c>.</param>
    /// <param name="tensor">The numbers, <c>[…]</c> of any shape. They stay the caller's; floating-point ones are written in the type of the options.</param>
    /// <exception cref="ArgumentException">The name does not lie in its module, was added before, a number is too large for the type, or the layout has no
    /// place for such modules.</exception>
    /// <exception cref="InvalidOperationException">The folder is complete.</exception>
    /// <exception cref="ObjectDisposedException">The writer was disposed.</exception>
    /// <exception cref="IOException">The disk is full.</exception>
    public void AddSaved(string name, string module, Tensor tensor)
    {
        CheckIsOpen();
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentException.ThrowIfNullOrWhiteSpace(module);
        ArgumentNullException.ThrowIfNull(tensor);
        if (!name.StartsWith(module + ".", StringComparison.Ordinal)) throw new ArgumentException($"'{name}' is no tensor of the module '{module}'.", nameof(name));
        layout.CheckSaved(module);
        Spool(PeftKey.OfSaved(name), tensor, tensor.dtype);
        savedModules.Add(module);
    }

    /// <summary>Writes the folder or the file, the weights first and the configuration last; each file is replaced whole or not at all.</summary>
    /// <param name="baseModel">The model that the adapter belongs to, where known: a hub's <c>owner/name</c>. Of a path its last part is written, for others may get
    /// the file.</param>
    /// <param name="revision">The revision of that model, where known.</param>
    /// <param name="provenance">How the adapter was composed from others, where it was.</param>
    /// <param name="classNames">The names of the classes of a saved <c>classifier</c>, where known.</param>
    /// <param name="baseFingerprint">The fingerprint of that model (<see cref="LoraAdapter.BaseFingerprint"/>), where known.</param>
    /// <param name="cancellation">Stops between two tensors; the folder is then as it was.</param>
    /// <exception cref="ArgumentException">The provenance or the fingerprint is not valid, or a layer is both adapted and saved whole.</exception>
    /// <exception cref="InvalidOperationException">No layer was added, or the folder is complete.</exception>
    /// <exception cref="ObjectDisposedException">The writer was disposed.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void Complete(string? baseModel = null, string? revision = null, AdapterProvenance? provenance = null, IReadOnlyList<string>? classNames = null,
        string? baseFingerprint = null, CancellationToken cancellation = default)
    {
        CheckIsOpen();
        if (layers.Count == 0) throw new InvalidOperationException("The adapter has no layer; add one first.");
        foreach (string module in savedModules)
        {
            if (layers.Keys.FirstOrDefault(layer => ModuleSelector.IsNamed(layer, module)) is { } both)
                throw new ArgumentException($"The adapter both adapts '{both}' and saves it whole, which PEFT cannot hold; leave one out.");
        }
        if (baseFingerprint is not null && !BaseFingerprint.IsOne(baseFingerprint))
            throw new ArgumentException("The base model's fingerprint is none that this library made.", nameof(baseFingerprint));
        baseModel = ModelName.WithoutPath(baseModel);
        LayerScale[] scales = [.. layers.Select(layer => new LayerScale(layer.Key, layer.Value.Rank, layer.Value.Scaling))];
        var config = layout.Config(scales, baseModel, revision, [.. savedModules]);
        var metadata = new Dictionary<string, string>(provenance is null ? [] : ProvenanceText.Format(provenance)) { ["format"] = "pt" };
        if (classNames is not null) metadata[ClassNamesText.Key] = ClassNamesText.Format(classNames);
        if (baseFingerprint is not null) metadata[BaseFingerprint.Key] = baseFingerprint;
        foreach (var (key, value) in layout.Metadata(scales, baseModel, revision)) metadata[key] = value;
        // The configuration takes its place last: a folder that has it is whole.
        (string, Action<Stream>)[] described = config is null ? [] : [(Path.Combine(folder, PeftFiles.Config), stream => stream.Write(config))];
        AtomicFile.WriteInto(folder, [(weights, stream => spool.WriteTo(stream, metadata, cancellation)), .. described]);
        completed = true;
        spool.Dispose();
    }

    /// <summary>Removes what waits in the temporary file.</summary>
    public void Dispose()
    {
        disposed = true;
        spool.Dispose();
    }

    void Spool(string key, Tensor tensor, ScalarType own)
    {
        var dtype = options.Dtype is { } asked && tensor.is_floating_point() ? asked : own;
        using var scope = NewDisposeScope();
        var cast = dtype == tensor.dtype ? tensor : tensor.detach().to(dtype);
        // Float16 ends at 65504.
        if (dtype != tensor.dtype && !FiniteNumbers.AreAll(cast) && !tensor.isfinite().equal(cast.isfinite()).all().item<bool>())
            throw new ArgumentException($"Tensor '{key}' holds numbers that are too large for {dtype}; write it as Float32 or BFloat16.");
        spool.Add(key, cast, dtype);
    }

    void CheckIsOpen()
    {
        if (disposed) throw Gone();
        if (completed) throw new InvalidOperationException("The folder is complete; make another writer for another one.");
    }

    ObjectDisposedException Gone() => new($"{nameof(AdapterFileWriter)} of '{folder}'");
}

using System.Collections.ObjectModel;
using System.Security.Cryptography;
using LoraComposition.Files;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Win32.SafeHandles;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition;

/// <summary>
/// An adapter that is open but not read: its configuration, where it has one, and the header of its weights are checked, and each layer is read when it is asked for,
/// into memory of its own. So adapters larger than the memory, or a thousand of them, can be composed layer by layer.
/// </summary>
/// <remarks>
/// No file is held open between two reads; one that was changed meanwhile is refused. Safe to use from several threads. Disposing ends the use; layers that
/// were read stay valid.
/// </remarks>
public sealed class AdapterFile : IDisposable
{
    readonly AdapterLoadOptions options;
    readonly FileIdentity weights;
    readonly OrderedDictionary<string, FactorPlaces> places;
    readonly Dictionary<string, TensorInfo> savedPlaces;
    string? fingerprint;
    bool disposed;

    internal AdapterFile(string name, string folder, AdapterLoadOptions options, FileIdentity weights, IReadOnlyList<FactorPlaces> layers,
        IReadOnlyList<(SavedTensor Tensor, TensorInfo Place)> saved)
    {
        (Name, Folder, this.options, this.weights) = (name, folder, options, weights);
        places = new(layers.Count, StringComparer.Ordinal);
        foreach (var layer in layers) places.Add(layer.Layer.Path, layer);
        Layers = new ReadOnlyDictionary<string, AdapterLayer>(new OrderedDictionary<string, AdapterLayer>(
            layers.Select(layer => KeyValuePair.Create(layer.Layer.Path, layer.Layer)), StringComparer.Ordinal));
        savedPlaces = saved.ToDictionary(pair => pair.Tensor.Name, pair => pair.Place, StringComparer.Ordinal);
        Saved = new ReadOnlyDictionary<string, SavedTensor>(new OrderedDictionary<string, SavedTensor>(
            saved.Select(pair => pair.Tensor).OrderBy(tensor => tensor.Name, StringComparer.Ordinal).Select(tensor => KeyValuePair.Create(tensor.Name, tensor)),
            StringComparer.Ordinal));
    }

    /// <summary>What the adapter is called in reports and messages.</summary>
    public string Name { get; }

    /// <summary>How its files spell it.</summary>
    public AdapterLayout Layout { get; internal init; } = AdapterLayout.Peft;

    /// <summary>The name of the model the adapter was trained on, where known.</summary>
    public string? BaseModel { get; internal init; }

    /// <summary>The revision of that model, where known.</summary>
    public string? Revision { get; internal init; }

    /// <summary>The fingerprint of the model that the adapter was trained on (<see cref="LoraAdapter.BaseFingerprint"/>); null where the file has none.</summary>
    public string? BaseFingerprint { get; internal init; }

    /// <summary>How the adapter was composed from others; null where it was trained or nothing is known.</summary>
    public AdapterProvenance? Provenance { get; internal init; }

    /// <summary>The names of the classes of a saved <c>classifier</c>, in the order of its rows; null where they are not known.</summary>
    public IReadOnlyList<string>? ClassNames { get; internal init; }

    /// <summary>What was odd about the files but changes nothing; empty where nothing was.</summary>
    public IReadOnlyList<string> Warnings { get; internal init; } = [];

    /// <summary>The weights file.</summary>
    public string WeightsPath => weights.Path;

    /// <summary>The layers by their paths, as the file spells them, in ordinal order.</summary>
    public IReadOnlyDictionary<string, AdapterLayer> Layers { get; }

    /// <summary>
    /// The tensors of modules that were saved whole with the adapter, by their names in the model, in ordinal order; empty where there is none. They are trained
    /// numbers of one task, not updates. With <see cref="AdapterLoadOptions.AnyArchitecture"/> they are of any module, and of <c>embed_tokens</c> and
    /// <c>lm_head</c> also where the configuration does not name them, as PEFT writes them for a vocabulary that was changed.
    /// </summary>
    public IReadOnlyDictionary<string, SavedTensor> Saved { get; }

    /// <summary>The number of trained numbers in all layers, saved modules' not counted: <c>Σ rank · (in + out)</c>.</summary>
    public long ParameterCount => Layers.Values.Sum(layer => layer.Rank * (layer.InFeatures + layer.OutFeatures));

    /// <summary>The SHA-256 of the weights file, 64 lower-case hexadecimal digits. The whole file is read when it is first asked for.</summary>
    /// <exception cref="AdapterException">The file was changed since it was opened, or cannot be read.</exception>
    /// <exception cref="ObjectDisposedException">The adapter was disposed.</exception>
    public string Fingerprint
    {
        get
        {
            if (fingerprint is { } known && !disposed) return known;
            using var stream = new FileStream(OpenWeights(), FileAccess.Read);
            return fingerprint = Convert.ToHexStringLower(SHA256.HashData(stream));
        }
    }

    /// <summary>The folder of its files.</summary>
    internal string Folder { get; }

    /// <summary>Opens one adapter: everything is checked that <see cref="LoraAdapter.Load"/> checks but the numbers.</summary>
    /// <param name="folder">
    /// The folder that holds the two files, or one single sub-folder that does, as PEFT writes adapters with a name. With
    /// <see cref="AdapterLoadOptions.AnyArchitecture"/> also a safetensors file in a spelling of kohya or diffusers (<see cref="Layout"/>), or a folder that holds
    /// one such file and no adapter of PEFT's.
    /// </param>
    /// <param name="name">What to call the adapter; the name of the folder that holds the files where not given, or of the file that was given.</param>
    /// <param name="options">What is let through; defaults where not given.</param>
    /// <param name="logger">Is told what was opened and what was odd.</param>
    /// <returns>The open adapter. The caller owns it.</returns>
    /// <exception cref="ModelFileException">A file is missing, damaged or not supported; the message names file, key, expected and found.</exception>
    public static AdapterFile Open(string folder, string? name = null, AdapterLoadOptions? options = null, ILogger? logger = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        options ??= new AdapterLoadOptions();
        var file = SingleFileReader.Find(folder, options) is not { } single ? PeftAdapterReader.Open(folder, name, options)
            : SingleFileReader.Open(single, name ?? (File.Exists(folder) ? null : AdapterFolder.LastPart(folder)), options);
        file.Tell(logger ?? NullLogger.Instance);
        return file;
    }

    /// <summary>Opens every PEFT adapter in the direct sub-folders of a folder, in ordinal order of their names, by which the adapters are called.</summary>
    /// <param name="folder">The folder whose sub-folders hold an <c>adapter_config.json</c> each, or one single sub-folder that does; others are passed
    /// over.</param>
    /// <param name="options">What is let through; defaults where not given.</param>
    /// <param name="logger">Is told what was opened, skipped and odd.</param>
    /// <param name="progress">Is told how many adapters are open.</param>
    /// <param name="cancellation">Stops between two adapters.</param>
    /// <returns>The open adapters. The caller owns them.</returns>
    /// <exception cref="ModelFileException">The folder is missing, holds no adapter, or one of them cannot be read.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static IReadOnlyList<AdapterFile> OpenAll(string folder, AdapterLoadOptions? options = null, ILogger? logger = null,
        IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        logger ??= NullLogger.Instance;
        var files = PeftAdapterReader.OpenAll(folder, options ?? new AdapterLoadOptions(), logger, progress, cancellation);
        foreach (var file in files) file.Tell(logger);
        return files;
    }

    /// <summary>Reads the update of one layer.</summary>
    /// <param name="layer">A key of <see cref="Layers"/>.</param>
    /// <returns>
    /// The update, <c>A [rank, in]</c> and <c>B [out, rank]</c> of any <see cref="AdapterLayer.Kind"/>, as float64 where the file holds float64, else as
    /// float32. The caller owns it.
    /// </returns>
    /// <exception cref="ArgumentException">The adapter has no such layer.</exception>
    /// <exception cref="AdapterException">A factor holds NaN or infinite numbers, or the file was changed since it was opened.</exception>
    /// <exception cref="ObjectDisposedException">The adapter was disposed.</exception>
    public LoraDelta Read(string layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        if (!places.TryGetValue(layer, out var place)) throw new ArgumentException($"Adapter '{Name}' has no layer '{layer}'.", nameof(layer));
        using var handle = OpenWeights();
        return Read(handle, place, place.Layer.Dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32, []);
    }

    /// <summary>What <see cref="LoraAdapter.ZeroWarning"/> says. Of an adapter that was trained the first layer is read alone.</summary>
    internal string? ReadZeroWarning()
    {
        foreach (string layer in Layers.Keys)
        {
            using var delta = Read(layer);
            if (!delta.IsZero) return null;
        }
        return ZeroUpdate.Warning(Name, Layers.Count);
    }

    /// <summary>Reads one tensor of a module that was saved whole.</summary>
    /// <param name="name">A key of <see cref="Saved"/>.</param>
    /// <returns>The tensor on the CPU, <c>[…]</c> in the file's type and shape. The caller owns it.</returns>
    /// <exception cref="ArgumentException">The adapter has no such tensor.</exception>
    /// <exception cref="AdapterException">It holds NaN or infinite numbers, or the file was changed since it was opened.</exception>
    /// <exception cref="ObjectDisposedException">The adapter was disposed.</exception>
    public Tensor ReadSaved(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!Saved.TryGetValue(name, out var saved)) throw new ArgumentException($"Adapter '{Name}' has no saved tensor '{name}'.", nameof(name));
        using var handle = OpenWeights();
        return Read(handle, savedPlaces[name], saved.Dtype, []);
    }

    /// <summary>Reads the whole adapter, as <see cref="LoraAdapter.Load"/> does.</summary>
    /// <returns>The adapter in float32. The caller owns it.</returns>
    /// <exception cref="AdapterException">
    /// A tensor holds NaN or infinite numbers, the file was changed since it was opened, or the adapter holds what only <see cref="AdapterFile"/> can:
    /// embeddings, convolutions, or a saved module other than a head <c>classifier</c>.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The adapter was disposed.</exception>
    public LoraAdapter ToAdapter()
    {
        CheckIsPlain();
        var layers = new List<KeyValuePair<string, LoraDelta>>(places.Count);
        var nonFinite = new List<string>();
        SavedHead? head = null;
        try
        {
            using (var handle = OpenWeights())
            {
                foreach (var (layer, place) in places) layers.Add(new(layer, Read(handle, place, ScalarType.Float32, nonFinite)));
                head = ReadHead(handle, nonFinite);
            }
            return new LoraAdapter(Name, layers, BaseModel)
            {
                Head = head,
                Revision = Revision,
                BaseFingerprint = BaseFingerprint,
                Provenance = Provenance,
                Fingerprint = Fingerprint,
                WeightsPath = WeightsPath,
                Warnings = nonFinite.Count == 0 ? Warnings
                    : [.. Warnings, $"tensor '{nonFinite[0]}' holds NaN or infinite numbers{(nonFinite.Count > 1 ? $", and so do {nonFinite.Count - 1} others" : "")}."],
            };
        }
        catch
        {
            head?.Dispose();
            foreach (var (_, delta) in layers) delta.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => disposed = true;

    void Tell(ILogger logger)
    {
        foreach (string warning in Warnings) logger.AdapterIsOdd(Name, warning);
        foreach (var layer in Layers.Values) logger.AdapterLayer(Name, layer.Path, layer.Rank, layer.Scaling);
        logger.AdapterOpened(Name, Layers.Count, ParameterCount, Folder);
    }

    void CheckIsPlain()
    {
        if (Layout != AdapterLayout.Peft)
            throw new AdapterException(WeightsPath,
                $"it is spelled as {Layout} does it, for models that are not here to attach it to, so compose it from its files ({nameof(AdapterFile)}).");
        if (Layers.Values.FirstOrDefault(layer => layer.Kind != AdapterLayerKind.Linear) is { } other)
            throw new AdapterException(WeightsPath,
                $"layer '{other.Path}' is of kind {other.Kind}; no model here has such a layer to attach it to, so compose it from its files ({nameof(AdapterFile)}).");
        if (Saved.Count == 0) return;
        if (Saved.Values.FirstOrDefault(saved => saved.Name != PeftKey.HeadTensor(isBias: false) && saved.Name != PeftKey.HeadTensor(isBias: true)) is { } module)
            throw new AdapterException(WeightsPath,
                $"'{module.Module}' is a module saved whole, which no model here takes; only the head '{PeftKey.Head}' is read, so compose it from its files ({nameof(AdapterFile)}).");
        var weight = Saved.GetValueOrDefault(PeftKey.HeadTensor(isBias: false));
        var bias = Saved.GetValueOrDefault(PeftKey.HeadTensor(isBias: true));
        if (weight is not { Shape.Count: 2 } || weight.Shape.Contains(0) || (bias is not null && !bias.Shape.SequenceEqual([weight.Shape[0]])))
            throw new AdapterException(WeightsPath,
                $"the saved head '{PeftKey.Head}': expected a weight [classes, d] and a bias [classes], found {Shown(weight)} and {Shown(bias)}.");

        static string Shown(SavedTensor? tensor) => tensor is null ? "none" : $"[{string.Join(", ", tensor.Shape)}]";
    }

    SafeFileHandle OpenWeights()
    {
        if (disposed) throw Gone();
        NativeLibraryCheck.EnsureLoads();
        return weights.Open(Refusal);
    }

    LoraDelta Read(SafeFileHandle handle, FactorPlaces place, ScalarType dtype, List<string> nonFinite)
    {
        var layer = place.Layer;
        using var scope = NewDisposeScope();
        return new LoraDelta(Read(handle, place.A.Matrix(layer.Rank, layer.InFeatures), dtype, nonFinite),
            Read(handle, place.B.Matrix(layer.OutFeatures, layer.Rank), dtype, nonFinite), layer.Scaling)
        {
            Alpha = place.Alpha,
            Place = (Name, layer.Path),
        };
    }

    SavedHead? ReadHead(SafeFileHandle handle, List<string> nonFinite)
    {
        if (!savedPlaces.TryGetValue(PeftKey.HeadTensor(isBias: false), out var weight)) return null;
        using var scope = NewDisposeScope();
        return new SavedHead(Read(handle, weight, ScalarType.Float32, nonFinite),
            savedPlaces.TryGetValue(PeftKey.HeadTensor(isBias: true), out var bias) ? Read(handle, bias, ScalarType.Float32, nonFinite) : null, ClassNames);
    }

    Tensor Read(SafeFileHandle handle, TensorInfo info, ScalarType dtype, List<string> nonFinite)
    {
        var tensor = TensorBytes.Read(handle, info, dtype, Refusal);
        if (!tensor.is_floating_point() || FiniteNumbers.AreAll(tensor)) return tensor;
        if (!options.AllowNonFinite)
        {
            tensor.Dispose();
            throw new AdapterException(WeightsPath,
                $"tensor '{info.Name}' holds NaN or infinite numbers; the training diverged, so train the adapter again, or set {nameof(options.AllowNonFinite)} to read it all the same.");
        }
        nonFinite.Add(info.Name);
        return tensor;
    }

    AdapterException Refusal(string message, Exception? cause) => new(WeightsPath, message, cause);

    ObjectDisposedException Gone() => new($"{nameof(AdapterFile)} '{Name}'");
}

namespace LoraComposition.Adapters;

/// <summary>
/// One trained LoRA module: a name, and for each adapted layer the low-rank update. It holds the layer paths as its file spells them;
/// the model it is attached to says which layer each path means.
/// </summary>
/// <remarks>Owns its updates and disposes them. Safe to read from several threads.</remarks>
public sealed class LoraAdapter : IDisposable
{
    readonly SortedDictionary<string, LoraDelta> layers;

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
    }

    /// <summary>What the module is called in reports and messages.</summary>
    public string Name { get; }

    /// <summary>The name of the model the module was trained on, where known.</summary>
    public string? BaseModel { get; }

    /// <summary>The update of each adapted layer by its path, in ordinal order.</summary>
    public IReadOnlyDictionary<string, LoraDelta> Layers => layers;

    /// <summary>The number of trained numbers in all layers: <c>Σ rank · (in + out)</c>.</summary>
    public long ParameterCount => layers.Values.Sum(d => d.Rank * (d.InFeatures + d.OutFeatures));

    /// <summary>Reads one adapter from a PEFT folder (<c>adapter_config.json</c> and <c>adapter_model.safetensors</c>).</summary>
    /// <param name="folder">The folder that holds the two files.</param>
    /// <param name="name">What to call the adapter; the folder's name where not given.</param>
    /// <returns>The adapter. The caller owns it.</returns>
    /// <exception cref="Serialization.ModelFileException">A file is missing, damaged or not supported; the message names file, key, expected and found.</exception>
    public static LoraAdapter Load(string folder, string? name = null) => PeftAdapterReader.Read(folder, name);

    /// <summary>Reads every PEFT adapter in the direct sub-folders of a folder, in ordinal order of their names.</summary>
    /// <param name="folder">The folder whose sub-folders hold an <c>adapter_config.json</c> each; others are passed over.</param>
    /// <returns>The adapters. The caller owns them.</returns>
    /// <exception cref="Serialization.ModelFileException">The folder is missing, holds no adapter, or one of them cannot be read.</exception>
    public static IReadOnlyList<LoraAdapter> LoadAll(string folder) => PeftAdapterReader.ReadAll(folder);

    /// <summary>Writes the adapter as a PEFT folder, the weights first and the configuration last; each file is replaced whole or not at all.</summary>
    /// <param name="folder">The folder; it is created where it is missing.</param>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public void Save(string folder) => PeftAdapterWriter.Write(this, folder);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var delta in layers.Values) delta.Dispose();
    }
}

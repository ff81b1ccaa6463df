using LoraComposition.Files;

namespace LoraComposition;

/// <summary>A layout of one safetensors file without a configuration, in which a layer's path and one of a few endings make a key.</summary>
internal abstract class SingleFileLayout(string name) : AdapterLayout(name)
{
    /// <summary>The name by which diffusers finds the file in a folder, also one in kohya's spelling.</summary>
    const string Weights = "pytorch_lora_weights.safetensors";

    const string BaseModelKey = "lora_composition.base_model", RevisionKey = "lora_composition.revision";

    const string Dora = "DoRA rescales each output by a learned magnitude, which would be dropped";

    const string Processors =
        "it is spelled by attention processors, of which one name stands for another layer in each model (to_q or q_proj); load it with diffusers and save it again";

    const string Extension = ".safetensors", Alpha = ".alpha";

    /// <summary>Parts of names that tell what else than plain LoRA a tensor belongs to.</summary>
    static readonly (string Part, string Reason)[] reasons =
    [
        ("base_model.model.", "it is spelled as PEFT does it, whose settings lie in adapter_config.json beside the weights; give the folder that holds both"),
        (".dora_scale", Dora),
        (".lora_magnitude_vector", Dora),
        (".hada_", "LoHa's update is a product of two low-rank matrices entry by entry, which is of no low rank"),
        (".lokr_", "LoKr's update is a Kronecker product, which is of no low rank"),
        (".lora_mid.", "the update of a convolution has a third factor (Tucker's form); take the layer's tensors out, or train without it"),
        (".oft_", "OFT multiplies the weight by a rotation; it is no update to add"),
        (".on_input", "IA3 rescales inputs or outputs; it is no update to add"),
        (".diff", "it is the whole change of a weight, which is no low-rank update"),
        (".w_norm", "it is the whole change of a norm, which is no low-rank update"),
        (".b_norm", "it is the whole change of a norm, which is no low-rank update"),
        (".processor.", Processors),
        ("_lora.down.", Processors),
        ("_lora.up.", Processors),
        (".bias", "a factor has a bias, which would be dropped"),
    ];

    internal override bool KeepsScaling => false;

    // No field: the base class makes these when it is first used, which may be from here.
    static SingleFileLayout[] All => [(SingleFileLayout)Kohya, (SingleFileLayout)Diffusers, (SingleFileLayout)DiffusersBeforePeft];

    /// <summary>The layout of a file: that in which the first of its factors is spelled.</summary>
    /// <exception cref="AdapterException">No tensor is a factor in any layout.</exception>
    public static SingleFileLayout Of(SafetensorsFile file)
    {
        var all = All;
        foreach (var tensor in file.Tensors.Keys)
        {
            if (Array.Find(all, layout => layout.TryParse(tensor, out _, out var factor) && factor is not null) is { } found) return found;
        }
        var odd = file.Tensors.Keys.FirstOrDefault(tensor => Reason(tensor) is not null) ?? file.Tensors.Keys.FirstOrDefault();
        throw odd is null ? new AdapterException(file.Path, "the file holds no tensor, expected the factors of a LoRA.")
            : Refusal(file, odd, string.Join("; or ", all.Select(layout => layout.Expected)));
    }

    /// <summary>The base model and its revision, which none of these formats has a place for, as this library writes them.</summary>
    public static (string? BaseModel, string? Revision) BaseOf(IReadOnlyDictionary<string, string> metadata) =>
        (metadata.GetValueOrDefault(BaseModelKey), metadata.GetValueOrDefault(RevisionKey));

    /// <summary>Whether a path is one of a single file, by its ending.</summary>
    public static bool IsFile(string path) => path.EndsWith(Extension, StringComparison.OrdinalIgnoreCase);

    /// <summary>The safetensors files in a folder in ordinal order, hidden ones not counted.</summary>
    public static string[] FilesIn(string folder) =>
        [.. Directory.EnumerateFiles(folder).Where(file => IsFile(file) && !Path.GetFileName(file).StartsWith('.')).Order(StringComparer.Ordinal)];

    /// <summary>The forms of a key, for messages.</summary>
    public abstract string Expected { get; }

    /// <summary>Takes a key apart.</summary>
    /// <param name="key">The key.</param>
    /// <param name="layer">The layer's path.</param>
    /// <param name="factor">Which factor it is; null where it is the layer's alpha.</param>
    /// <returns>Whether the layout has such a key.</returns>
    public bool TryParse(string key, out string layer, out LoraFactor? factor)
    {
        foreach (var end in Ends.Append(Alpha))
        {
            (layer, factor) = (key.EndsWith(end, StringComparison.Ordinal) ? key[..^end.Length] : "", null);
            if (!IsLayer(layer)) continue;
            if (end == Alpha) return true;
            factor = end == End(layer, LoraFactor.A) ? LoraFactor.A : LoraFactor.B;
            if (end == End(layer, factor.Value)) return true;
        }
        (layer, factor) = ("", null);
        return false;
    }

    /// <summary>The setting alpha and the factor in front of <c>B·A</c> of each layer.</summary>
    /// <param name="file">The file, for its text entries.</param>
    /// <param name="layers">The layers with the ranks of their tensors.</param>
    /// <param name="alphas">The alphas that the file holds as tensors, by layer.</param>
    /// <param name="warnings">Gets what is odd.</param>
    /// <exception cref="AdapterException">The file does not say it, or says two things.</exception>
    public abstract IReadOnlyList<(double Alpha, double Scaling)> Scalings(SafetensorsFile file, IReadOnlyList<(string Layer, long Rank)> layers,
        IReadOnlyDictionary<string, double> alphas, List<string> warnings);

    /// <summary>Says why a tensor is not read.</summary>
    public static AdapterException Refusal(SafetensorsFile file, string tensor, string expected) => new(file.Path, Reason(tensor) is { } reason
        ? $"tensor '{Excerpt.Of(tensor, 200)}' is not read: {reason}."
        : $"unexpected tensor '{Excerpt.Of(tensor, 200)}', expected only {expected}; the file is not plain LoRA in one spelling.");

    internal override (string Folder, string Weights) Place(string path)
    {
        bool isFile = IsFile(path) && !Directory.Exists(path);
        string folder = isFile ? Path.GetDirectoryName(path)! : path, weights = isFile ? path : Path.Combine(path, Weights);
        if (isFile || !Directory.Exists(folder)) return (folder, weights);
        // Who is given the folder would not know which file is meant.
        if (File.Exists(Path.Combine(folder, PeftFiles.Config)))
            throw new IOException($"{folder}: the folder holds an adapter in PEFT's layout; give another folder, or the path of a {Extension} file.");
        if (FilesIn(folder).FirstOrDefault(file => Path.GetFileName(file) != Weights) is { } other)
            throw new IOException($"{folder}: the folder holds '{Path.GetFileName(other)}'; give another folder, or the path of a {Extension} file.");
        return (folder, weights);
    }

    internal override string Key(string layer, LoraFactor factor, AdapterLayerKind kind) => layer + End(layer, factor);

    internal override string? AlphaKey(string layer) => layer + Alpha;

    internal override void CheckLayer(string layer, AdapterLayerKind kind)
    {
        if (!IsLayer(layer))
            throw new ArgumentException($"Layer '{Excerpt.Of(layer, 200)}' cannot be spelled as {this} does it, expected {Expected}.", nameof(layer));
        if (kind == AdapterLayerKind.Embedding)
            throw new ArgumentException($"Layer '{layer}' is an embedding, for which {this} has no spelling; write it as PEFT does.", nameof(layer));
    }

    internal override void CheckSaved(string module) =>
        throw new ArgumentException($"'{module}' is saved whole, for which {this} has no place; leave it out.", nameof(module));

    internal override byte[]? Config(IReadOnlyList<LayerScale> layers, string? baseModel, string? revision, IReadOnlyList<string> savedModules) => null;

    internal override IEnumerable<KeyValuePair<string, string>> Metadata(IReadOnlyList<LayerScale> layers, string? baseModel, string? revision)
    {
        if (baseModel is not null) yield return new(BaseModelKey, baseModel);
        if (revision is not null) yield return new(RevisionKey, revision);
    }

    /// <summary>All endings of factors.</summary>
    protected abstract IReadOnlyList<string> Ends { get; }

    /// <summary>The ending of a layer's factor.</summary>
    protected abstract string End(string layer, LoraFactor factor);

    /// <summary>Whether a path is one that the layout has.</summary>
    protected abstract bool IsLayer(string layer);

    static string? Reason(string tensor) => Array.Find(reasons, entry => tensor.Contains(entry.Part, StringComparison.Ordinal)).Reason;
}

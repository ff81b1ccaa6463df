namespace LoraComposition;

/// <summary>How an adapter lies on the disk: which files it has, and how they spell its layers and its factors.</summary>
/// <remarks>There are the four that this class names. What was read in one is written in the same. Safe to use from several threads.</remarks>
public abstract class AdapterLayout
{
    readonly string name;

    internal AdapterLayout(string name) => this.name = name;

    /// <summary>PEFT's folder: <c>adapter_config.json</c>, and weights called <c>base_model.model.PATH.lora_A.weight</c> and <c>.lora_B.weight</c>.</summary>
    public static AdapterLayout Peft { get; } = new PeftLayout();

    /// <summary>
    /// The file of kohya's trainers: <c>lora_unet_NAME.lora_down.weight</c>, <c>.lora_up.weight</c> and <c>.alpha</c>, also with <c>lora_te_</c>,
    /// <c>lora_te1_</c>, <c>lora_te2_</c> and <c>lora_transformer_</c>. A layer's path is the name as it stands, with its underscores: which of them were dots
    /// only the model knows.
    /// </summary>
    public static AdapterLayout Kohya { get; } = new KohyaLayout();

    /// <summary>
    /// The file that diffusers writes: <c>unet.PATH.lora_A.weight</c> and <c>.lora_B.weight</c>, also with <c>transformer.</c> and <c>text_encoder.</c>.
    /// A layer's path begins with its component.
    /// </summary>
    public static AdapterLayout Diffusers { get; } = new DiffusersLayout("diffusers", _ => (".lora_A.weight", ".lora_B.weight"));

    /// <summary>
    /// The file that diffusers wrote before it used PEFT: <c>unet.PATH.lora.down.weight</c> and <c>.lora.up.weight</c>, in text encoders
    /// <c>.lora_linear_layer.down.weight</c> and <c>.lora_linear_layer.up.weight</c>.
    /// </summary>
    public static AdapterLayout DiffusersBeforePeft { get; } = new DiffusersLayout("diffusers before PEFT",
        layer => layer.StartsWith(DiffusersLayout.TextEncoder, StringComparison.Ordinal)
            ? (".lora_linear_layer.down.weight", ".lora_linear_layer.up.weight") : (".lora.down.weight", ".lora.up.weight"));

    /// <summary>Whether each layer's factor in front of <c>B·A</c> is written; otherwise it goes into B, and what is written is for a factor of 1.</summary>
    internal abstract bool KeepsScaling { get; }

    /// <summary>The layout's name, for messages.</summary>
    /// <returns>For example <c>kohya</c>.</returns>
    public override string ToString() => name;

    /// <summary>Where an adapter is written.</summary>
    /// <param name="path">The full path that a user gave.</param>
    /// <returns>The folder of the weights, and their path.</returns>
    /// <exception cref="IOException">Something is there that does not go with it.</exception>
    internal abstract (string Folder, string Weights) Place(string path);

    /// <summary>The key of a factor.</summary>
    internal abstract string Key(string layer, LoraFactor factor, AdapterLayerKind kind);

    /// <summary>What a factor is called in messages.</summary>
    internal abstract string FactorName(LoraFactor factor);

    /// <summary>The key of a layer's alpha; null where it has none.</summary>
    internal abstract string? AlphaKey(string layer);

    /// <summary>The part of the model that a layer lies in, such as its text encoder; empty where paths do not tell.</summary>
    internal abstract string Component(string layer);

    /// <exception cref="ArgumentException">The layout has no way to spell the layer, or none for its kind.</exception>
    internal abstract void CheckLayer(string layer, AdapterLayerKind kind);

    /// <exception cref="ArgumentException">The layout has no place for modules that are saved whole.</exception>
    internal abstract void CheckSaved(string module);

    /// <summary>The configuration beside the weights; null where there is none.</summary>
    internal abstract byte[]? Config(IReadOnlyList<LayerScale> layers, string? baseModel, string? revision, IReadOnlyList<string> savedModules);

    /// <summary>The layout's own text entries in the file of the weights.</summary>
    internal abstract IEnumerable<KeyValuePair<string, string>> Metadata(IReadOnlyList<LayerScale> layers, string? baseModel, string? revision);
}

/// <summary>What a configuration says of a layer.</summary>
/// <param name="Layer">The layer's path.</param>
/// <param name="Rank">The rank of its factors.</param>
/// <param name="Scaling">The factor in front of <c>B·A</c> as it is in the file.</param>
internal readonly record struct LayerScale(string Layer, long Rank, double Scaling);

namespace LoraComposition;

/// <summary>One of the two factors in a PEFT file.</summary>
internal enum LoraFactor
{
    /// <summary><c>lora_A</c>, [rank, in].</summary>
    A,

    /// <summary><c>lora_B</c>, [out, rank].</summary>
    B,
}

/// <summary>
/// The names of tensors in a PEFT file: <c>base_model.model.&lt;layer&gt;.lora_A.weight</c>, <c>base_model.model.&lt;layer&gt;.lora_embedding_A</c>, and
/// <c>base_model.model.classifier.weight</c> for a module that is saved whole.
/// PEFT leaves its name for the adapter out; some tools keep it: <c>.lora_A.default.weight</c>, <c>.modules_to_save.default.weight</c>. Some leave out
/// <c>base_model.model.</c>, or keep what wrappers of the model put in front of it or after it: <c>_orig_mod.</c>, <c>module.</c>
/// </summary>
internal sealed class PeftKey
{
    /// <summary>The path of the one module whose saved weights a model here takes.</summary>
    public const string Head = "classifier";

    /// <summary>The forms of a key for messages.</summary>
    public const string Expected = Prefix + "<layer>.lora_A.weight or .lora_B.weight";

    const string Prefix = "base_model.model.", Weight = ".weight", Bias = ".bias", Wrapper = ".modules_to_save.";

    static readonly (string Part, LoraFactor Factor, bool IsEmbedding)[] factors =
    [
        (".lora_A", LoraFactor.A, false), (".lora_B", LoraFactor.B, false), (".lora_embedding_A", LoraFactor.A, true), (".lora_embedding_B", LoraFactor.B, true),
    ];

    /// <summary>Modules that PEFT saves without naming them in the configuration, where the vocabulary was changed.</summary>
    static readonly string[] embeddings = ["embed_tokens", "lm_head"];

    /// <summary>What wrappers of a model put into the paths of its layers: torch.compile, FSDP, checkpointing, DeepSpeed. No model has layers of these names.</summary>
    static readonly string[] wrappers = ["_orig_mod.", "_fsdp_wrapped_module.", "_checkpoint_wrapped_module.", "_forward_module."];

    /// <summary>What DataParallel and its relatives put in front.</summary>
    const string Parallel = "module.";

    readonly string[] names;

    /// <param name="adapterNames">What the adapter may be called in keys; others are recognised where they are one word.</param>
    /// <param name="keys">The keys of the file.</param>
    public PeftKey(IEnumerable<string> adapterNames, IEnumerable<string> keys)
    {
        names = [.. adapterNames.Select(name => "." + name)];
        FoundNames = [.. keys.Select(key => TryParse(key, out _, out _, out _, out string? name) ? name : null).OfType<string>().Distinct(StringComparer.Ordinal)];
        names = [.. names.Concat(FoundNames.Select(name => "." + name)).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>What adapters are called in the keys; empty where the keys name none. Several names are several adapters.</summary>
    public IReadOnlyList<string> FoundNames { get; } = [];

    /// <summary>
    /// The path in the model that a key begins with: what PEFT puts in front is left out, what wrappers of the model put in front or in between, and what holds
    /// the model that PEFT wrapped. Some programs leave out PEFT's own part.
    /// </summary>
    public static string WithoutPrefixes(string key)
    {
        int prefix = key.LastIndexOf(Prefix, StringComparison.Ordinal);
        string path = prefix == 0 || (prefix > 0 && key[prefix - 1] == '.') ? key[(prefix + Prefix.Length)..] : key;
        foreach (string wrapper in wrappers)
        {
            while (path.StartsWith(wrapper, StringComparison.Ordinal)) path = path[wrapper.Length..];
            path = path.Replace("." + wrapper, ".", StringComparison.Ordinal);
        }
        while (path.StartsWith(Parallel, StringComparison.Ordinal)) path = path[Parallel.Length..];
        return path;
    }

    /// <summary>The key of a factor as PEFT writes it.</summary>
    public static string Of(string layer, LoraFactor factor, AdapterLayerKind kind)
    {
        var isEmbedding = kind == AdapterLayerKind.Embedding;
        return Prefix + layer + factors.Single(form => form.Factor == factor && form.IsEmbedding == isEmbedding).Part + (isEmbedding ? "" : Weight);
    }

    /// <summary>The key of a saved tensor as PEFT writes it.</summary>
    /// <param name="name">The tensor's name in the model.</param>
    public static string OfSaved(string name) => Prefix + name;

    /// <summary>The name of a saved head's weight or bias in the model.</summary>
    public static string HeadTensor(bool isBias) => Head + (isBias ? Bias : Weight);

    /// <summary>Takes the key of a factor apart.</summary>
    /// <returns>Whether the key is one of a factor of a named layer.</returns>
    public bool TryParse(string key, out string layer, out LoraFactor factor, out bool isEmbedding) => TryParse(key, out layer, out factor, out isEmbedding, out _);

    bool TryParse(string key, out string layer, out LoraFactor factor, out bool isEmbedding, out string? adapter)
    {
        (layer, factor, isEmbedding, adapter) = ("", LoraFactor.A, false, null);
        var path = WithoutPrefixes(key);
        foreach (var form in factors)
        {
            var end = form.IsEmbedding ? "" : Weight;
            if (!path.EndsWith(end, StringComparison.Ordinal) || path[..^end.Length].LastIndexOf(form.Part, StringComparison.Ordinal) is not (> 0 and var part)) continue;
            var name = path[(part + form.Part.Length)..^end.Length];
            if (name.Length > 0 && !names.Contains(name) && (name[0] != '.' || name.Length == 1 || name.IndexOf('.', 1) > 0)) continue;
            (layer, factor, isEmbedding, adapter) = (path[..part], form.Factor, form.IsEmbedding, name.Length > 0 ? name[1..] : null);
            return !string.IsNullOrWhiteSpace(layer);
        }
        return false;
    }

    /// <summary>Recognises the key of a saved head.</summary>
    /// <returns>Whether the key is that of the head's weight or bias.</returns>
    public bool TryParseHead(string key, out bool isBias)
    {
        isBias = key.EndsWith(Bias, StringComparison.Ordinal);
        var end = isBias ? Bias : Weight;
        var path = WithoutPrefixes(key);
        if (path == Head + end) return true;
        // The head is one layer, so that one word in between can only be the adapter's name.
        if (!path.StartsWith(Head + Wrapper, StringComparison.Ordinal) || !path.EndsWith(end, StringComparison.Ordinal)) return false;
        var inner = path[(Head.Length + Wrapper.Length - 1)..^(end.Length - 1)].Trim('.');
        return !inner.Contains('.') || names.Contains("." + inner);
    }

    /// <summary>Takes the key of a tensor apart that belongs to a module saved whole.</summary>
    /// <param name="key">The key.</param>
    /// <param name="modules">The entries of <c>modules_to_save</c>. As in PEFT, a module is one of them where its path ends with it.</param>
    /// <param name="name">The tensor's name in the model.</param>
    /// <param name="module">The module's path.</param>
    /// <returns>Whether the key is one.</returns>
    public bool TryParseSaved(string key, IReadOnlyList<string> modules, out string name, out string module)
    {
        (name, module) = ("", "");
        var path = WithoutPrefixes(key);
        // The frozen weight under an adapted layer is none that replaces it.
        if (path.Contains(".lora_", StringComparison.Ordinal) || path.Contains(".base_layer.", StringComparison.Ordinal)) return false;
        if (path.IndexOf(Wrapper, StringComparison.Ordinal) is > 0 and var wrapper)
        {
            var inner = path[(wrapper + Wrapper.Length - 1)..];
            if (names.FirstOrDefault(adapter => inner.StartsWith(adapter + ".", StringComparison.Ordinal)) is { } adapter) inner = inner[adapter.Length..];
            path = path[..wrapper] + inner;
        }
        // The outermost module counts: what lies in it was saved with it.
        for (var dot = path.IndexOf('.'); dot > 0; dot = path.IndexOf('.', dot + 1))
        {
            var whole = path[..dot];
            if (!modules.Concat(embeddings).Any(entry => whole.EndsWith(entry, StringComparison.Ordinal))) continue;
            (name, module) = (path, whole);
            return name.Length > dot + 1;
        }
        return false;
    }
}

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
/// PEFT leaves its name for the adapter out; some tools keep it: <c>.lora_A.default.weight</c>, <c>.modules_to_save.default.weight</c>.
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

    readonly string[] names;

    /// <param name="adapterNames">What the adapter may be called in keys.</param>
    public PeftKey(params IEnumerable<string> adapterNames) => names = [.. adapterNames.Select(name => "." + name)];

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
    public bool TryParse(string key, out string layer, out LoraFactor factor, out bool isEmbedding)
    {
        (layer, factor, isEmbedding) = ("", LoraFactor.A, false);
        if (!key.StartsWith(Prefix, StringComparison.Ordinal)) return false;
        foreach (var form in factors)
        {
            foreach (var end in names.Prepend(""))
            {
                var suffix = form.Part + end + (form.IsEmbedding ? "" : Weight);
                if (!key.EndsWith(suffix, StringComparison.Ordinal) || key.Length <= Prefix.Length + suffix.Length) continue;
                (layer, factor, isEmbedding) = (key[Prefix.Length..^suffix.Length], form.Factor, form.IsEmbedding);
                return !string.IsNullOrWhiteSpace(layer);
            }
        }
        return false;
    }

    /// <summary>Recognises the key of a saved head.</summary>
    /// <returns>Whether the key is that of the head's weight or bias.</returns>
    public bool TryParseHead(string key, out bool isBias)
    {
        isBias = key.EndsWith(Bias, StringComparison.Ordinal);
        var end = isBias ? Bias : Weight;
        const string Wrapped = Prefix + Head + ".modules_to_save";
        return key == Prefix + Head + end || names.Prepend("").Any(name => key == Wrapped + name + end);
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
        if (!key.StartsWith(Prefix, StringComparison.Ordinal)) return false;
        var path = key[Prefix.Length..];
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

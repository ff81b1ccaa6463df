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
/// The names of tensors in a PEFT file: <c>base_model.model.&lt;layer&gt;.lora_A.weight</c>, and <c>base_model.model.classifier.weight</c> for a saved head.
/// PEFT leaves its name for the adapter out; some tools keep it: <c>.lora_A.default.weight</c>, <c>.modules_to_save.default.weight</c>.
/// </summary>
internal sealed class PeftKey
{
    /// <summary>The path of the one module whose saved weights are read.</summary>
    public const string Head = "classifier";

    /// <summary>The forms of a key for messages.</summary>
    public const string Expected = Prefix + "<layer>.lora_A.weight or .lora_B.weight";

    const string Prefix = "base_model.model.", Weight = ".weight", Bias = ".bias";

    static readonly (string Part, LoraFactor Factor)[] factors = [(".lora_A", LoraFactor.A), (".lora_B", LoraFactor.B)];

    readonly string[] names;

    /// <param name="adapterNames">What the adapter may be called in keys.</param>
    public PeftKey(params IEnumerable<string> adapterNames) => names = [.. adapterNames.Select(name => "." + name)];

    /// <summary>The key of a factor as PEFT writes it.</summary>
    public static string Of(string layer, LoraFactor factor) => Prefix + layer + factors[(int)factor].Part + Weight;

    /// <summary>The key of a saved head's weight or bias as PEFT writes it.</summary>
    public static string OfHead(bool isBias) => Prefix + Head + (isBias ? Bias : Weight);

    /// <summary>Takes the key of a factor apart.</summary>
    /// <returns>Whether the key is one of a factor of a named layer.</returns>
    public bool TryParse(string key, out string layer, out LoraFactor factor)
    {
        (layer, factor) = ("", LoraFactor.A);
        if (!key.StartsWith(Prefix, StringComparison.Ordinal) || !key.EndsWith(Weight, StringComparison.Ordinal)) return false;
        foreach (var (part, found) in factors)
        {
            foreach (var end in names.Prepend(""))
            {
                var suffix = part + end + Weight;
                if (!key.EndsWith(suffix, StringComparison.Ordinal) || key.Length <= Prefix.Length + suffix.Length) continue;
                (layer, factor) = (key[Prefix.Length..^suffix.Length], found);
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
}

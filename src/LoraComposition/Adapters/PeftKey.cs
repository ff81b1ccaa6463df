namespace LoraComposition.Adapters;

/// <summary>One of the two factors in a PEFT file.</summary>
internal enum LoraFactor
{
    /// <summary><c>lora_A</c>, [rank, in].</summary>
    A,

    /// <summary><c>lora_B</c>, [out, rank].</summary>
    B,
}

/// <summary>The names of tensors in a PEFT file: <c>base_model.model.&lt;layer&gt;.lora_A.weight</c>.</summary>
internal static class PeftKey
{
    const string Prefix = "base_model.model.";

    /// <summary>The forms of a key for messages.</summary>
    public const string Expected = Prefix + "<layer>.lora_A.weight or .lora_B.weight";

    static readonly (string Suffix, LoraFactor Factor)[] suffixes =
    [
        (".lora_A.weight", LoraFactor.A),
        (".lora_B.weight", LoraFactor.B),
        // Some tools save the adapter's name too.
        (".lora_A.default.weight", LoraFactor.A),
        (".lora_B.default.weight", LoraFactor.B),
    ];

    /// <summary>The key as PEFT writes it.</summary>
    public static string Format(string layer, LoraFactor factor) => Prefix + layer + suffixes[(int)factor].Suffix;

    /// <summary>Takes a key apart.</summary>
    /// <returns>Whether the key is one of a factor of a named layer.</returns>
    public static bool TryParse(string key, out string layer, out LoraFactor factor)
    {
        (layer, factor) = ("", LoraFactor.A);
        if (!key.StartsWith(Prefix, StringComparison.Ordinal)) return false;
        foreach (var (suffix, found) in suffixes)
        {
            if (!key.EndsWith(suffix, StringComparison.Ordinal) || key.Length <= Prefix.Length + suffix.Length) continue;
            (layer, factor) = (key[Prefix.Length..^suffix.Length], found);
            return !string.IsNullOrWhiteSpace(layer);
        }
        return false;
    }
}

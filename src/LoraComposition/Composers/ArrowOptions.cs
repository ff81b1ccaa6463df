namespace LoraComposition;

/// <summary>The settings of Arrow's routing (arXiv:2405.11157).</summary>
public sealed record ArrowOptions
{
    /// <summary>How many modules a token is given at most; with fewer modules it is given all. Default 2, as the authors' tutorial takes for eight modules.</summary>
    public int TopK { get; init; } = 2;

    /// <summary>What the scores are divided by before the softmax: below 1 sharpens it, above 1 flattens it. Default 1.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Checks every setting.</summary>
    /// <exception cref="ArgumentException">A setting lies outside its range.</exception>
    public void Validate()
    {
        if (TopK < 1) throw new ArgumentException($"The number of modules for a token is {TopK}; it must be at least 1.");
        if (!(Temperature > 0 && double.IsFinite(Temperature))) throw new ArgumentException($"The temperature is {Temperature}; it must be finite and above 0.");
    }
}

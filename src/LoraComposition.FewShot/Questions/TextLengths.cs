namespace LoraComposition.FewShot;

/// <summary>The most tokens of a text, the end token among them.</summary>
public sealed record TextLengths
{
    /// <summary>The most tokens of a question with its options and context. Default 512, as T5 was trained.</summary>
    public int Input { get; init; } = 512;

    /// <summary>The most tokens of an answer, to learn from and to write. Default 64.</summary>
    public int Answer { get; init; } = 64;

    /// <summary>Checks both.</summary>
    /// <exception cref="ArgumentException">A length is below 1.</exception>
    public void Validate()
    {
        if (Input < 1 || Answer < 1) throw new ArgumentException($"The longest input ({Input}) and answer ({Answer}) must have at least 1 token.");
    }
}

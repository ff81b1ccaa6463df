namespace LoraComposition.Models;

/// <summary>What was generated for one input.</summary>
/// <param name="Sequences">One sequence, or as many as there are beams where the vocabulary allows so many; the best first.</param>
public sealed record GenerationResult(IReadOnlyList<GeneratedSequence> Sequences)
{
    /// <summary>The best sequence.</summary>
    public GeneratedSequence Best => Sequences[0];
}

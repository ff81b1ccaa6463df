namespace LoraComposition.Models;

/// <summary>What was generated for one input.</summary>
/// <param name="Sequences">One sequence, or as many as there are beams where the vocabulary allows so many; the best first.</param>
public sealed record GenerationResult(IReadOnlyList<GeneratedSequence> Sequences)
{
    /// <summary>The best sequence.</summary>
    public GeneratedSequence Best => Sequences[0];
}

/// <summary>A sequence that a model generated.</summary>
public sealed record GeneratedSequence
{
    /// <summary>The tokens without the one that starts the decoder; the end token is the last where the sequence reached it. Nothing is padded.</summary>
    public required IReadOnlyList<int> Ids { get; init; }

    /// <summary>The sum of the tokens' log-probabilities, natural logarithm.</summary>
    public required double LogLikelihood { get; init; }

    /// <summary>What the sequences of a beam search are ordered by: the log-likelihood divided by <c>length^LengthPenalty</c>.</summary>
    public required double Score { get; init; }

    /// <summary>Whether the sequence ends with the end token; else the longest length cut it off.</summary>
    public required bool IsComplete { get; init; }
}

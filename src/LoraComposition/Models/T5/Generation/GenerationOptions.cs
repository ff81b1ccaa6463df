namespace LoraComposition.Models;

/// <summary>How to generate: greedily with one beam, else by beam search.</summary>
public sealed record GenerationOptions
{
    /// <summary>The most tokens that are generated for an input, the end token among them. Default 64.</summary>
    public int MaxLength { get; init; } = 64;

    /// <summary>The number of sequences that are followed at once for each input. Default 1: always the likeliest token.</summary>
    public int Beams { get; init; } = 1;

    /// <summary>
    /// The exponent of the length by which a beam search divides a log-likelihood, as in transformers: above 0 favours long sequences, below 0 short
    /// ones, 0 compares log-likelihoods. Default 1. The length counts the end token.
    /// </summary>
    public double LengthPenalty { get; init; } = 1;

    /// <summary>When a beam search stops early. Default: transformers' own.</summary>
    public BeamStopping Stopping { get; init; } = BeamStopping.NoneBetterNow;

    /// <summary>Whether each token is computed once; else every step computes the whole sequence again, to compare.</summary>
    internal bool UseCache { get; init; } = true;

    /// <summary>Checks the settings.</summary>
    /// <exception cref="ArgumentException">A number is below 1, the penalty is not finite, or the stopping rule is none.</exception>
    public void Validate()
    {
        if (MaxLength < 1) throw new ArgumentException($"{nameof(MaxLength)} is {MaxLength}; it must be at least 1.");
        if (Beams < 1) throw new ArgumentException($"{nameof(Beams)} is {Beams}; it must be at least 1.");
        if (!double.IsFinite(LengthPenalty)) throw new ArgumentException($"{nameof(LengthPenalty)} is {LengthPenalty}; it must be finite.");
        if (!Enum.IsDefined(Stopping))
            throw new ArgumentException($"{nameof(Stopping)} is {Stopping}; it must be one of {string.Join(", ", Enum.GetNames<BeamStopping>())}.");
    }
}

/// <summary>
/// When a beam search is done with an input before the longest length. In each case there must be as many finished sequences as beams; a score is the
/// log-likelihood divided by <c>length^LengthPenalty</c>.
/// </summary>
public enum BeamStopping
{
    /// <summary>
    /// When the best running sequence, scored at its present length, is not better than the worst finished one (transformers' <c>early_stopping=False</c>).
    /// </summary>
    NoneBetterNow,

    /// <summary>At once (transformers' <c>early_stopping=True</c>).</summary>
    WhenFull,

    /// <summary>
    /// When the best running sequence could not become better than the worst finished one even if it grew to the longest length at no cost
    /// (transformers' <c>early_stopping="never"</c>).
    /// </summary>
    NoneBetterEver,
}

namespace LoraComposition.Models;

/// <summary>
/// When a beam search is done with an input before the longest length. In each case there must be as many finished sequences as beams; a score is the
/// log-likelihood divided by <c>length^LengthPenalty</c>.
/// </summary>
public enum BeamStopping
{
    /// <summary>When the best running sequence, scored at its present length, is not better than the worst finished one (transformers' <c>early_stopping=False</c>).</summary>
    NoneBetterNow,

    /// <summary>At once (transformers' <c>early_stopping=True</c>).</summary>
    WhenFull,

    /// <summary>
    /// When the best running sequence could not become better than the worst finished one even if it grew to the longest length at no cost
    /// (transformers' <c>early_stopping="never"</c>).
    /// </summary>
    NoneBetterEver,
}

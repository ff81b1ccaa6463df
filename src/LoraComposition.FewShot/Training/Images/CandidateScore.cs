namespace LoraComposition.FewShot;

/// <summary>How one of several candidates did.</summary>
/// <param name="Trained">What it tells of its trained state.</param>
/// <param name="Validation">Its score on the validation part.</param>
internal sealed record CandidateScore(object? Trained, ValidationScore Validation);

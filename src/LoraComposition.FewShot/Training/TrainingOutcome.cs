namespace LoraComposition.FewShot;

/// <summary>What came out of a training.</summary>
/// <param name="Steps">The steps that were made.</param>
/// <param name="BestStep">The step whose state was kept; the last where there is no validation part.</param>
/// <param name="Validation">The score of that state, where there is a validation part.</param>
/// <param name="StoppedEarly">Whether the score had stopped rising before the last step.</param>
public sealed record TrainingOutcome(int Steps, int BestStep, ValidationScore? Validation, bool StoppedEarly);

using LoraComposition.FewShot;

namespace LoraComposition.Tool;

/// <summary>What <c>evaluate</c> is asked for.</summary>
/// <param name="Model">The model.</param>
/// <param name="Data">The folder of labelled pictures.</param>
/// <param name="Out">The folder to write; null for none.</param>
/// <param name="Replace">Whether files in it are replaced.</param>
/// <param name="Options">What to leave out and to keep.</param>
sealed record EvaluateSettings(ClassifierChoice Model, string Data, string? Out, bool Replace, ImageEvaluationOptions Options);

namespace LoraComposition.FewShot;

/// <summary>One of the answers a question offers.</summary>
/// <param name="Label">How the question refers to it: mostly A, B, C …, in some ARC items 1, 2, 3 ….</param>
/// <param name="Text">The answer itself.</param>
public sealed record AnswerOption(string Label, string Text);

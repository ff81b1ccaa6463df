namespace LoraComposition.Experiments;

/// <summary>A drawn question whose options have no order yet. Words stand between single spaces, punctuation too.</summary>
/// <param name="Question">The question.</param>
/// <param name="Answer">The one right answer.</param>
/// <param name="Distractors">The wrong answers, all different.</param>
internal sealed record QuestionDraft(string Question, string Answer, IReadOnlyList<string> Distractors);

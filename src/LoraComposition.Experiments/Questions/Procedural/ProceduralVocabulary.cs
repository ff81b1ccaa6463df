namespace LoraComposition.Experiments;

/// <summary>Every word that a question of the embedded text benchmark can hold, so that a tiny model can have a vocabulary of its own.</summary>
public static class ProceduralVocabulary
{
    const string Wording =
        "? : which word does not belong with others how many are is one in of the list comes next right before after first second third last smallest largest week year number day month animal";

    /// <summary>The words in ordinal order. Questions, options and prompts of the ARC template split at single spaces into these and nothing else: punctuation and the labels (A) to (D) count as words.</summary>
    public static IReadOnlyList<string> Words { get; } =
    [
        .. Wording.Split(' ')
            .Concat(Lexicon.Words)
            .Concat(Lexicon.Categories.Select(c => c.Plural))
            .Concat(ProceduralQuestions.Labels.Select(label => $"({label})"))
            .Distinct().Order(StringComparer.Ordinal),
    ];
}

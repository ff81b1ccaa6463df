using LoraComposition.Text;

namespace LoraComposition.FewShot;

/// <summary>What a tokenizer makes of answers.</summary>
static class AnswerTokens
{
    const int MostNames = 5;

    /// <summary>Refuses labels that a model could not tell apart: words that the tokenizer does not know are all the same to it.</summary>
    /// <exception cref="DataException">Two labels are the same tokens.</exception>
    public static void CheckLabels(T5Tokenizer tokenizer, string data, IReadOnlyList<string> labels)
    {
        foreach (var same in labels.GroupBy(label => string.Join(' ', tokenizer.Encode(label))))
            if (same.Skip(1).Any())
                throw new DataException(data, $"labels {string.Join(", ", same.Select(label => $"'{label}'"))} are the same tokens to the base's tokenizer, so they cannot be told apart; call them by words that it knows.");
    }

    /// <summary>How many questions have a right answer that the tokenizer makes the same of as of another choice, in a sentence; null where none has.</summary>
    public static string? SameChoices(TokenizedQuestions questions)
    {
        int count = Enumerable.Range(0, questions.Dataset.Count).Count(i => questions.Dataset.Questions[i].AnswerIndex is { } answer && HasTwin(questions.Choices(i), answer));
        return count == 0 ? null
            : $"{count} of {questions.Dataset.Count} questions have another choice that is the same tokens to the base's tokenizer as the right answer; those cannot be told apart and count as wrong.";
    }

    static bool HasTwin(IReadOnlyList<IReadOnlyList<int>> choices, int answer) => choices.Index().Any(choice => choice.Index != answer && choice.Item.SequenceEqual(choices[answer]));

    /// <summary>What answers a model could never write as they stand, in a sentence; null where there are none.</summary>
    public static string? Unwritable(T5Tokenizer tokenizer, QuestionDataset questions, IPromptTemplate template)
    {
        string[] answers = [.. questions.Questions.Select(template.Target).Distinct(StringComparer.Ordinal)];
        string[] lost = [.. answers.Where(answer => tokenizer.Decode(tokenizer.Encode(answer)).Trim() != answer.Trim())];
        return lost.Length == 0 ? null
            : $"{lost.Length} of {answers.Length} answers hold what the base's tokenizer does not know, so they cannot be written exactly, and others that differ in that alone are the same to it: {NameList.Listed([.. lost.Select(answer => $"'{answer}'")], MostNames)}.";
    }
}

using LoraComposition.Models;

namespace LoraComposition.FewShot;

/// <summary>Evaluates any T5 on texts with labels, or on questions with choices, by the choice that it holds for the most likely (<see cref="ChoiceScoring"/>).</summary>
public static class ChoiceEvaluator
{
    // Of choices that others have and a question has not: its probability is exactly 0.
    const double Impossible = -1e9;

    const int LongestName = 80;

    /// <summary>Scores every choice and counts.</summary>
    /// <param name="model">The model; its mode is as before afterwards.</param>
    /// <param name="questions">The texts with their answers. Where all offer the same choices, these are the classes; otherwise the labels of the choices, A, B and so on,
    /// which shows what a model prefers by its place.</param>
    /// <param name="batchSize">The texts in a batch. Default 32.</param>
    /// <param name="mostMistakes">The number of worst mistakes to keep. Default 24.</param>
    /// <param name="progress">Is told how far the work is.</param>
    /// <param name="cancellation">Stops between two batches.</param>
    /// <returns>The scores.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The batch size is not positive, or the number of mistakes is negative.</exception>
    /// <exception cref="DataException">An answer is hidden.</exception>
    /// <exception cref="NonFiniteException">The model gives NaN.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static ClassificationEvaluation Run(T5Model model, TokenizedQuestions questions, int batchSize = 32, int mostMistakes = 24, IProgressReporter? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(questions);
        var data = questions.Dataset;
        if (!data.HasAnswers) throw new DataException(data.Name, "expected the answer of every question, found some hidden; there is nothing to compare with.");
        var classes = data.SharedChoices ?? [.. data.Questions.MaxBy(question => question.Options.Count)!.Options.Select(option => option.Label)];
        var builder = new ClassificationEvaluationBuilder(classes, mostMistakes);
        using var bar = (progress ?? NullProgressReporter.Instance).Begin("evaluating", data.Count);
        var scores = ChoiceScoring.LogLikelihoods(model, questions, [.. Enumerable.Range(0, data.Count)], batchSize, bar, cancellation);
        double[] row = new double[classes.Count];
        foreach (var (index, choices) in scores.Index())
        {
            var question = data.Questions[index];
            Array.Fill(row, Impossible);
            choices.CopyTo(row, 0);
            int answer = question.AnswerIndex!.Value;
            // An answer that another choice is as likely as was not chosen.
            if (choices.Index().Any(choice => choice.Index != answer && choice.Item == choices[answer])) row[answer] = Math.BitDecrement(row[answer]);
            builder.Add(index, Name(question), answer, row);
        }
        return builder.Build();
    }

    /// <summary>What makes an evaluation doubtful: that right answers are the same tokens as other choices. Null where nothing does.</summary>
    /// <param name="questions">The questions with their answers.</param>
    /// <returns>A sentence.</returns>
    public static string? Warning(TokenizedQuestions questions)
    {
        ArgumentNullException.ThrowIfNull(questions);
        return AnswerTokens.SameChoices(questions);
    }

    static string Name(MultipleChoiceQuestion question)
    {
        string line = question.Question.ReplaceLineEndings(" ");
        return $"{question.Id}: {(line.Length > LongestName ? $"{line[..LongestName]}…" : line)}";
    }
}

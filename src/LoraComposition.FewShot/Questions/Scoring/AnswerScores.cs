namespace LoraComposition.FewShot;

/// <summary>The three scores of a set of predictions, each from 0 to 1, and the predictions themselves.</summary>
public sealed record AnswerScores
{
    AnswerScores(IReadOnlyList<ScoredPrediction> predictions) => Predictions = predictions;

    /// <summary>The predictions, in the order of the questions.</summary>
    public IReadOnlyList<ScoredPrediction> Predictions { get; }

    /// <summary>The number of questions.</summary>
    public int Count => Predictions.Count;

    /// <summary>The part of predictions that equal their answer after SQuAD's normalisation. The paper reports it.</summary>
    public double ExactMatch => Predictions.Average(p => p.ExactMatch ? 1.0 : 0);

    /// <summary>The part of predictions that equal their answer but for case and the white space around them.</summary>
    public double Accuracy => Predictions.Average(p => p.Correct ? 1.0 : 0);

    /// <summary>The part of predictions whose nearest option is the answer.</summary>
    public double OptionAccuracy => Predictions.Average(p => p.OptionCorrect ? 1.0 : 0);

    /// <summary>Scores predictions.</summary>
    /// <param name="questions">The questions, at least one, with their answers.</param>
    /// <param name="predictions">What the model wrote for each.</param>
    /// <returns>The scores.</returns>
    /// <exception cref="ArgumentException">There are no questions, or not one prediction for each.</exception>
    /// <exception cref="InvalidOperationException">An answer is hidden.</exception>
    public static AnswerScores Of(IReadOnlyList<MultipleChoiceQuestion> questions, IReadOnlyList<string> predictions)
    {
        ArgumentNullException.ThrowIfNull(questions);
        ArgumentNullException.ThrowIfNull(predictions);
        if (questions.Count == 0) throw new ArgumentException("There are no questions to score; give at least one.", nameof(questions));
        if (questions.Count != predictions.Count)
            throw new ArgumentException($"Expected a prediction for each of {questions.Count} questions, found {predictions.Count}.", nameof(predictions));
        return new([.. questions.Zip(predictions, ScoredPrediction.Of)]);
    }
}

/// <summary>What a model wrote for one question, and how it counts.</summary>
public sealed record ScoredPrediction
{
    ScoredPrediction(string id, string target, string prediction, bool exactMatch, bool correct, string? option, bool optionCorrect) =>
        (Id, Target, Prediction, ExactMatch, Correct, Option, OptionCorrect) = (id, target, prediction, exactMatch, correct, option, optionCorrect);

    /// <summary>The question's id.</summary>
    public string Id { get; }

    /// <summary>The text of the right answer.</summary>
    public string Target { get; }

    /// <summary>What the model wrote.</summary>
    public string Prediction { get; }

    /// <summary>Whether the two are equal after SQuAD's normalisation, see <see cref="AnswerText.Normalize"/>.</summary>
    public bool ExactMatch { get; }

    /// <summary>Whether the two are equal but for case and the white space around them.</summary>
    public bool Correct { get; }

    /// <summary>The label of the option nearest to the prediction; null where the prediction has no word and no character in common with any.</summary>
    public string? Option { get; }

    /// <summary>Whether that option says what the right answer says; options can repeat each other's text.</summary>
    public bool OptionCorrect { get; }

    /// <summary>
    /// Compares a prediction with a question's answer and options. The nearest option is the one with the largest word F1 (SQuAD's, after its normalisation);
    /// among equals the one with the smallest edit distance relative to the longer text; among equals the first.
    /// </summary>
    /// <param name="question">The question.</param>
    /// <param name="prediction">What the model wrote.</param>
    /// <returns>The comparison.</returns>
    /// <exception cref="InvalidOperationException">The answer is hidden.</exception>
    internal static ScoredPrediction Of(MultipleChoiceQuestion question, string prediction)
    {
        ArgumentNullException.ThrowIfNull(question);
        ArgumentNullException.ThrowIfNull(prediction);
        string target = question.Answer.Text;
        var option = Nearest(question, prediction);
        return new(
            question.Id, target, prediction,
            AnswerText.Normalize(prediction) == AnswerText.Normalize(target), AnswerText.SameText(prediction, target),
            option?.Label, option is not null && AnswerText.SameText(option.Text, target));
    }

    static AnswerOption? Nearest(MultipleChoiceQuestion question, string prediction)
    {
        AnswerOption? nearest = null;
        OptionSimilarity best = default;
        foreach (var option in question.Options)
        {
            var similarity = OptionSimilarity.Of(prediction, option.Text);
            if (similarity.CompareTo(best) > 0) (nearest, best) = (option, similarity);
        }
        return nearest;
    }
}

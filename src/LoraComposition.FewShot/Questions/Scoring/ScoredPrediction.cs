namespace LoraComposition.FewShot;

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

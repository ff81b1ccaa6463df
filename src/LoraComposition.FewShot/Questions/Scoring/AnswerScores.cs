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
        if (questions.Count != predictions.Count) throw new ArgumentException($"Expected a prediction for each of {questions.Count} questions, found {predictions.Count}.", nameof(predictions));
        return new([.. questions.Zip(predictions, ScoredPrediction.Of)]);
    }
}

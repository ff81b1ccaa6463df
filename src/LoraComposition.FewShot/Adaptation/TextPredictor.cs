using System.Diagnostics.CodeAnalysis;
using LoraComposition.Models;
using LoraComposition.Text;

namespace LoraComposition.FewShot;

/// <summary>
/// Tells the label of texts, or the answer of questions with choices, with any T5: the softmax over what it holds for the likelihood of each choice
/// (<see cref="ChoiceScoring"/>).
/// </summary>
/// <remarks>Does not own the model, which must be in evaluation and stay as it is: from then on every member may be called from several threads at once. <see cref="PredictionTelemetry"/> says what is
/// measured.</remarks>
[SuppressMessage("ApiDesign", "RS0026", Justification = "The overloads differ in a parameter that must be given.")]
public sealed class TextPredictor
{
    readonly T5Model model;
    readonly T5Tokenizer tokenizer;
    readonly TextReading reading;
    readonly IPromptTemplate template;
    readonly AnswerOption[] labels;
    readonly int batchSize;

    /// <summary>Predicts with an opened model.</summary>
    /// <param name="classifier">The model. Not owned.</param>
    /// <param name="batchSize">The texts in a batch. Default 32.</param>
    /// <exception cref="ArgumentOutOfRangeException">The batch size is not positive.</exception>
    public TextPredictor(TextClassifier classifier, int batchSize = 32) : this(Checked(classifier).Model, classifier.Tokenizer, classifier.Reading, classifier.Labels, batchSize)
    {
    }

    /// <summary>Predicts with any T5; it is put into evaluation mode.</summary>
    /// <param name="model">The model, plain, merged or with a composition attached. Not owned.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="reading">How texts are written for it.</param>
    /// <param name="labels">The labels that it tells, in the order in which it learned them; none where each question brings its choices.</param>
    /// <param name="batchSize">The texts in a batch. Default 32.</param>
    /// <exception cref="ArgumentOutOfRangeException">The batch size is not positive.</exception>
    /// <exception cref="NotSupportedException">The library has no template of the reading's name.</exception>
    public TextPredictor(T5Model model, T5Tokenizer tokenizer, TextReading reading, IReadOnlyList<string> labels, int batchSize = 32)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(reading);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        if (model.training) model.eval();
        (this.model, this.tokenizer, this.reading, template, this.batchSize) = (model, tokenizer, reading, reading.ToTemplate(), batchSize);
        this.labels = [.. labels.Select((label, i) => AnswerOption.Lettered(i, label))];
    }

    /// <summary>The labels that it tells; empty where each question brings its own choices.</summary>
    public IReadOnlyList<string> Labels => [.. labels.Select(label => label.Text)];

    /// <summary>Tells the label of one text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="top">The number of labels to name; all where there are fewer. Default 5.</param>
    /// <param name="cancellation">Stops before the model computes.</param>
    /// <returns>The labels, the most probable first.</returns>
    /// <exception cref="ArgumentException">The text is empty, or the model has no labels of its own.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of labels is not positive.</exception>
    /// <exception cref="NonFiniteException">The model gives NaN.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public IReadOnlyList<ClassProbability> Predict(string text, int top = 5, CancellationToken cancellation = default) => Predict(ToQuestion("text", text), top, cancellation);

    /// <summary>Tells the answer of one question.</summary>
    /// <param name="question">The question with its choices.</param>
    /// <param name="top">The number of choices to name; all where there are fewer. Default 5.</param>
    /// <param name="cancellation">Stops before the model computes.</param>
    /// <returns>The choices, the most probable first.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number of choices is not positive.</exception>
    /// <exception cref="NonFiniteException">The model gives NaN.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public IReadOnlyList<ClassProbability> Predict(MultipleChoiceQuestion question, int top = 5, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(question);
        return Predict([question], top, cancellation: cancellation).Single();
    }

    /// <summary>A text as a question that offers the labels.</summary>
    /// <param name="id">What to call it.</param>
    /// <param name="text">The text.</param>
    /// <returns>The question; its answer is not known.</returns>
    /// <exception cref="ArgumentException">The text is empty, or the model has no labels of its own.</exception>
    public MultipleChoiceQuestion ToQuestion(string id, string text) => labels.Length > 0 ? new MultipleChoiceQuestion(id, text, labels, answerIndex: null)
        : throw new ArgumentException("The model has no labels of its own; give them, or ask questions with choices.", nameof(text));

    /// <summary>Tells the answers of questions. Each batch is computed when its first result is asked for.</summary>
    /// <param name="questions">The questions with their choices; whether they know their answers does not matter.</param>
    /// <param name="top">The number of choices to name for each; all where there are fewer.</param>
    /// <param name="progress">Is told how far the work is.</param>
    /// <param name="cancellation">Stops between two batches.</param>
    /// <returns>The choices of each question, the most probable first, in the order of the questions.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number of choices is not positive.</exception>
    /// <exception cref="NonFiniteException">The model gives NaN.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public IEnumerable<IReadOnlyList<ClassProbability>> Predict(IReadOnlyList<MultipleChoiceQuestion> questions, int top, IProgressReporter? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(questions);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(top);
        return Batches();

        IEnumerable<IReadOnlyList<ClassProbability>> Batches()
        {
            using var bar = (progress ?? NullProgressReporter.Instance).Begin("predicting", questions.Count);
            foreach (var batch in questions.Chunk(batchSize))
            {
                cancellation.ThrowIfCancellationRequested();
                // Of this call alone, so that calls share nothing but the model; ids are of no account here.
                var tokens = new TokenizedQuestions(new QuestionDataset("questions", [.. batch.Select((q, i) => new MultipleChoiceQuestion($"{i}", q.Question, q.Options, null, q.Context))]),
                    template, tokenizer, reading.Lengths);
                var scores = PredictionTelemetry.MeasureTexts(batch.Length, top,
                    () => ChoiceScoring.LogLikelihoods(model, tokens, [.. Enumerable.Range(0, batch.Length)], batchSize, cancellation: cancellation));
                // Nothing of torch lives while the caller looks at the results.
                foreach (var (question, choices) in batch.Zip(scores)) yield return Ranked(question, choices, top);
                bar.Advance(batch.Length);
            }
        }
    }

    // Of equal ones the first comes first.
    static IReadOnlyList<ClassProbability> Ranked(MultipleChoiceQuestion question, double[] scores, int top)
    {
        double highest = scores.Max(), sum = scores.Sum(score => Math.Exp(score - highest));
        return [.. scores.Index().OrderByDescending(choice => choice.Item).Take(top)
            .Select((choice, rank) => new ClassProbability(rank + 1, question.Options[choice.Index].Text, Math.Exp(choice.Item - highest) / sum))];
    }

    static TextClassifier Checked(TextClassifier classifier)
    {
        ArgumentNullException.ThrowIfNull(classifier);
        return classifier;
    }
}

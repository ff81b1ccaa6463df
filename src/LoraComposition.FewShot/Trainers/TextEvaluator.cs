using LoraComposition.Models;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>Loss, written answers and their scores over questions, in batches.</summary>
public static class TextEvaluator
{
    /// <summary>The mean cross-entropy of the answers' tokens, with its graph.</summary>
    /// <param name="model">The model.</param>
    /// <param name="questions">The questions.</param>
    /// <param name="batch">Their positions, at least one.</param>
    /// <returns>A scalar. The caller owns it.</returns>
    /// <exception cref="InvalidOperationException">An answer is hidden.</exception>
    public static Tensor Loss(T5Model model, TokenizedQuestions questions, IReadOnlyList<int> batch)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(questions);
        var device = Place(model);
        using var texts = questions.Inputs(batch, device);
        using var labels = questions.Labels(batch, device);
        return model.Loss(texts.Ids, texts.Mask, labels);
    }

    /// <summary>What the model writes for each question, greedily.</summary>
    /// <param name="model">The model.</param>
    /// <param name="questions">The questions.</param>
    /// <param name="indices">Their positions.</param>
    /// <param name="batchSize">The questions in a batch; those of like length stand together.</param>
    /// <param name="progress">Is told how many questions are answered.</param>
    /// <param name="cancellation">Stops between two tokens.</param>
    /// <returns>The texts, in the order of the positions.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static IReadOnlyList<string> Answer(T5Model model, TokenizedQuestions questions, IReadOnlyList<int> indices, int batchSize,
        IProgressTask? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(questions);
        var device = Place(model);
        var options = new GenerationOptions { MaxLength = questions.Lengths.Answer };
        string[] answers = new string[indices.Count];
        foreach (int[] positions in questions.ByLength(indices).Chunk(batchSize))
        {
            cancellation.ThrowIfCancellationRequested();
            using var texts = questions.Inputs([.. positions.Select(p => indices[p])], device);
            var results = model.Generate(texts.Ids, texts.Mask, options, cancellation: cancellation);
            foreach (var (position, result) in positions.Zip(results)) answers[position] = questions.Tokenizer.Decode(result.Best.Ids);
            progress?.Advance(positions.Length);
        }
        return answers;
    }

    /// <summary>Exact match of what the model writes, and the mean cross-entropy of the right answers' tokens.</summary>
    /// <param name="model">The model.</param>
    /// <param name="questions">The questions.</param>
    /// <param name="indices">Their positions, at least one.</param>
    /// <param name="batchSize">The questions in a batch.</param>
    /// <param name="progress">Is told how many questions are answered.</param>
    /// <param name="cancellation">Stops between two tokens.</param>
    /// <returns>The scores and predictions in the order of the positions, and the loss.</returns>
    /// <exception cref="InvalidOperationException">An answer is hidden.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static (AnswerScores Scores, double Loss) Score(T5Model model, TokenizedQuestions questions, IReadOnlyList<int> indices, int batchSize,
        IProgressTask? progress = null, CancellationToken cancellation = default)
    {
        var answers = Answer(model, questions, indices, batchSize, progress, cancellation);
        var (loss, tokens) = AnswerLoss(model, questions, indices, batchSize, cancellation);
        return (AnswerScores.Of([.. indices.Select(i => questions.Dataset.Questions[i])], answers), loss / tokens);
    }

    /// <summary>The summed cross-entropy of the right answers' tokens and their number, without dropout; the model's mode is as before afterwards.</summary>
    static (double Loss, long Tokens) AnswerLoss(T5Model model, TokenizedQuestions questions, IReadOnlyList<int> indices, int batchSize,
        CancellationToken cancellation)
    {
        using var noGrad = no_grad();
        bool wasTraining = model.training;
        model.eval();
        try
        {
            double loss = 0;
            long tokens = 0;
            foreach (int[] positions in questions.ByLength(indices).Chunk(batchSize))
            {
                cancellation.ThrowIfCancellationRequested();
                using var scope = NewDisposeScope();
                int[] batch = [.. positions.Select(p => indices[p])];
                long counted = batch.Sum(i => (long)questions.Answer(i).Count);
                loss += counted * Loss(model, questions, batch).to(ScalarType.Float32).item<float>();
                tokens += counted;
            }
            return (loss, tokens);
        }
        finally
        {
            model.train(wasTraining);
        }
    }

    /// <summary>Exact match and loss, and which questions match.</summary>
    internal static (ValidationScore Score, IReadOnlyList<bool> Correct) Validate(T5Model model, TokenizedQuestions questions, IReadOnlyList<int> indices, int batchSize,
        CancellationToken cancellation)
    {
        var (scores, loss) = Score(model, questions, indices, batchSize, cancellation: cancellation);
        return (new ValidationScore(scores.ExactMatch, loss), [.. scores.Predictions.Select(prediction => prediction.ExactMatch)]);
    }

    static Device Place(T5Model model) => model.parameters().First().device;
}

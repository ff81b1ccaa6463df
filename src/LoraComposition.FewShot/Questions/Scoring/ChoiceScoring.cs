using LoraComposition.Models;
using LoraComposition.Text;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>
/// Scores the choices of questions instead of writing an answer: a choice's log-likelihood is the sum over its tokens, the end among them, so the softmax over the
/// choices is what the model holds each for, given that it is one of them (rank classification).
/// </summary>
public static class ChoiceScoring
{
    /// <summary>The log-likelihood of every choice of some questions.</summary>
    /// <param name="model">The model; its mode is as before afterwards.</param>
    /// <param name="questions">The questions; their answers are not looked at.</param>
    /// <param name="indices">Their positions.</param>
    /// <param name="batchSize">The questions in a batch; those of like length stand together. So many choices are decoded at once.</param>
    /// <param name="progress">Is told how many questions are scored.</param>
    /// <param name="cancellation">Stops between two batches.</param>
    /// <returns>For each position a number for each choice, natural logarithms.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The batch size is not positive.</exception>
    /// <exception cref="NonFiniteException">The model gives NaN.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static IReadOnlyList<double[]> LogLikelihoods(T5Model model, TokenizedQuestions questions, IReadOnlyList<int> indices, int batchSize,
        IProgressTask? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(questions);
        ArgumentNullException.ThrowIfNull(indices);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        using var noGrad = no_grad();
        var device = model.parameters().First().device;
        double[][] all = new double[indices.Count][];
        foreach (int[] positions in questions.ByLength(indices).Chunk(batchSize))
        {
            cancellation.ThrowIfCancellationRequested();
            using var texts = questions.Inputs([.. positions.Select(p => indices[p])], device);
            var scores = model.ScoreAnswers(texts.Ids, texts.Mask, [.. positions.Select(p => questions.Choices(indices[p]))], batchSize, cancellation: cancellation);
            foreach (var (position, choices) in positions.Zip(scores)) all[position] = [.. choices.Select(choice => choice.LogLikelihood)];
            progress?.Advance(positions.Length);
        }
        return all;
    }

    /// <summary>What the model holds each choice of a question for, given that it is one of them: natural logarithms with their graph, <c>[1, choices]</c> float64.</summary>
    internal static Tensor LogProbabilities(T5Model model, TokenizedQuestions questions, int index)
    {
        using var scope = NewDisposeScope();
        var device = model.parameters().First().device;
        using var text = questions.Inputs([index], device);
        using var choices = TokenBatch.Pad(questions.Choices(index), device);
        var states = model.Encode(text.Ids).expand(choices.Ids.shape[0], -1, -1);                                          // [choices, tokens, d]
        var tokens = model.Logits(model.Decode(model.ShiftRight(choices.Ids), states)).log_softmax(2);   // [choices, decoded, vocabulary]
        // Filling lies behind a choice's tokens, where none that counts sees it.
        var chosen = tokens.gather(2, choices.Ids.unsqueeze(2)).squeeze(2).mul(choices.Mask).to(ScalarType.Float64);     // [choices, decoded]
        return chosen.sum(dim: 1).log_softmax(0).unsqueeze(0).MoveToOuterDisposeScope();
    }

    /// <summary>The accuracy and the mean cross-entropy of the softmax over the choices, and which questions are right.</summary>
    internal static (ValidationScore Score, IReadOnlyList<bool> Correct) Validate(T5Model model, TokenizedQuestions questions, IReadOnlyList<int> indices, int batchSize,
        IProgressTask? progress, CancellationToken cancellation)
    {
        var scores = LogLikelihoods(model, questions, indices, batchSize, progress, cancellation);
        double loss = 0;
        bool[] correct = new bool[indices.Count];
        foreach (var (position, choices) in scores.Index())
        {
            int answer = questions.Dataset.Questions[indices[position]].AnswerIndex!.Value;
            double highest = choices.Max();
            loss += highest + Math.Log(choices.Sum(choice => Math.Exp(choice - highest))) - choices[answer];
            // A choice that another is as likely as was not chosen.
            correct[position] = choices[answer] == highest && choices.Count(choice => choice == highest) == 1;
        }
        return (new ValidationScore(correct.Average(right => right ? 1.0 : 0), loss / indices.Count), correct);
    }
}

/// <summary>By what a T5's answers are judged.</summary>
public enum AnswerScoring
{
    /// <summary>The answer that it writes: exact match after SQuAD's normalisation, and the mean cross-entropy of the right answer's tokens. The paper reports it.</summary>
    Written,

    /// <summary>The choice that it holds for the most likely (<see cref="ChoiceScoring"/>), and the mean cross-entropy of the softmax over the choices.</summary>
    Choices,
}

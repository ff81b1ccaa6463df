using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>Scores given answers with a T5, whatever is attached to it, as multiple-choice tasks need it.</summary>
public static class T5AnswerScoring
{
    /// <summary>The log-likelihood of each answer to each text. A text is encoded once, however many answers it has.</summary>
    /// <param name="model">The model. It is in evaluation mode meanwhile.</param>
    /// <param name="ids">The texts, <c>[batch, tokens]</c> of int64, on the model's device. Not owned.</param>
    /// <param name="mask"><c>[batch, tokens]</c>, 0 for filling; null where all tokens count. Not owned.</param>
    /// <param name="answers">For each text its answers, each with its own number of tokens; the end token counts where it is given, as tokenizers do. A text
    /// may have none.</param>
    /// <param name="batchSize">How many answers are decoded at once, at least 1. Their logits take <c>batch · tokens · vocabulary</c> numbers. Default 32.</param>
    /// <param name="progress">Is told how many answers are scored.</param>
    /// <param name="cancellation">Stops the work between two batches.</param>
    /// <returns>For each text the scores of its answers, in their order.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit, an index lies outside the vocabulary, there are not as many lists of answers as texts, or an
    /// answer is empty.</exception>
    /// <exception cref="NonFiniteException">The model gives NaN.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    /// <exception cref="OperationCanceledException">The work was stopped.</exception>
    public static IReadOnlyList<IReadOnlyList<AnswerScore>> ScoreAnswers(
        this T5Model model, Tensor ids, Tensor? mask, IReadOnlyList<IReadOnlyList<IReadOnlyList<int>>> answers, int batchSize = 32,
            IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentNullException.ThrowIfNull(answers);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        if (ids.dim() != 2 || answers.Count != ids.shape[0])
            throw new ArgumentException($"Expected a list of answers for each text of [{string.Join(", ", ids.shape)}], found {answers.Count}.", nameof(answers));
        var all = answers.SelectMany((list, text) => list.Select((answer, index) => new Answer(text, index, answer))).ToArray();
        if (Array.Find(all, answer => answer.Ids.Count == 0) is { } empty)
            throw new ArgumentException($"Answer {empty.Index} of text {empty.Text} is empty; it needs at least the end token.", nameof(answers));
        if (Array.Find(all, answer => answer.Ids.Any(id => id < 0)) is { } negative)
            throw new ArgumentException($"Answer {negative.Index} of text {negative.Text} holds a negative index; give tokens alone, without {T5Model.IgnoredLabel}.", nameof(answers));
        var scores = answers.Select(list => new AnswerScore[list.Count]).ToArray();

        cancellation.ThrowIfCancellationRequested();
        if (all.Length == 0) return scores;
        using var evaluation = new EvaluationMode(model);
        using var scope = NewDisposeScope();
        using var texts = model.StartDecoding(model.Encode(ids, mask), mask);
        int scored = 0;
        // Answers of one length side by side are padded least.
        foreach (var batch in all.OrderBy(answer => answer.Ids.Count).Chunk(batchSize))
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var (answer, score) in batch.Zip(Score(model, texts, batch, ids.device))) scores[answer.Text][answer.Index] = score;
            progress?.Report(new(scored += batch.Length, all.Length));
        }
        return scores;
    }

    static AnswerScore[] Score(T5Model model, DecoderCache texts, Answer[] batch, Device device)
    {
        using var scope = NewDisposeScope();
        int longest = batch.Max(answer => answer.Ids.Count);
        var padded = new long[batch.Length * longest];
        Array.Fill(padded, T5Model.IgnoredLabel);
        for (int row = 0; row < batch.Length; row++)
            for (int i = 0; i < batch[row].Ids.Count; i++) padded[row * longest + i] = batch[row].Ids[i];
        var labels = tensor(padded, [batch.Length, longest], device: device);
        using var cache = texts.Copy(tensor(batch.Select(answer => (long)answer.Text).ToArray(), device: device));
        // Filling lies behind the answers, where no token that counts sees it.
        var logits = model.Logits(model.Decode(model.ShiftRight(labels), cache)).to(ScalarType.Float32);   // [batch, decoded, vocabulary]
        var counted = labels.ne(T5Model.IgnoredLabel);
        var chosen = logits.gather(2, labels.clamp_min(0).unsqueeze(2)).squeeze(2);                       // [batch, decoded]
        var sums = chosen.sub(logits.logsumexp(2)).masked_fill(counted.logical_not(), HeldScalars.Zero).to(ScalarType.Float64).sum(1);
        double[] values = [.. sums.cpu().data<double>()];
        if (Array.Exists(values, double.IsNaN))
            throw NonFiniteException.OfOutputs();
        return [.. batch.Select((answer, row) => new AnswerScore(values[row], answer.Ids.Count))];
    }

    sealed record Answer(int Text, int Index, IReadOnlyList<int> Ids);
}

/// <summary>How likely a model finds an answer to a text.</summary>
/// <param name="LogLikelihood">The sum of the log-probabilities of the answer's tokens, natural logarithm.</param>
/// <param name="TokenCount">The number of tokens, at least one.</param>
public readonly record struct AnswerScore(double LogLikelihood, int TokenCount)
{
    /// <summary>The log-likelihood for each token, which does not favour short answers: minus the model's loss on this answer alone.</summary>
    public double MeanLogLikelihood => LogLikelihood / TokenCount;
}

using TorchSharp;
using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>Appends the likeliest token until the end token or the longest length. Sequences that ended leave the batch.</summary>
internal static class GreedySearch
{
    public static GenerationResult[] Run(INextTokens next, int inputs, int startId, int endId, GenerationOptions options, Device device,
        IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        var sequences = Enumerable.Repeat(Hypothesis.Start(startId), inputs).ToArray();
        int[] active = [.. Enumerable.Range(0, inputs)];
        for (int length = 1; active.Length > 0; length++)
        {
            cancellation.ThrowIfCancellationRequested();
            var likeliest = LikeliestTokens.Of(next, active.Select(i => sequences[i].Token), 1, device);
            var rows = new List<long>();
            for (int row = 0; row < active.Length; row++)
            {
                var (token, logProbability) = likeliest.Row(row).First();
                ref var sequence = ref sequences[active[row]];
                sequence = sequence.With(token, logProbability);
                if (token != endId && length < options.MaxLength) rows.Add(row);
            }
            if (rows.Count is int left && left > 0 && left < active.Length)
            {
                using var chosen = tensor(rows, device: device);
                next.Choose(chosen);
            }
            active = [.. rows.Select(row => active[row])];
            progress?.Report(new(inputs - active.Length, inputs));
        }
        return [.. sequences.Select(sequence => new GenerationResult([sequence.ToSequence(endId, options.LengthPenalty)]))];
    }
}

/// <summary>The likeliest next tokens of several sequences, read into memory.</summary>
/// <param name="count">How many for each.</param>
/// <param name="tokens">The tokens, row by row, the likeliest first.</param>
/// <param name="logProbabilities">Their log-probabilities.</param>
internal readonly struct LikeliestTokens(int count, long[] tokens, float[] logProbabilities)
{
    /// <summary>Asks a model.</summary>
    /// <param name="next">The model.</param>
    /// <param name="last">The newest token of each sequence.</param>
    /// <param name="count">How many next tokens are wanted; there may be fewer in the vocabulary.</param>
    /// <param name="device">Where the model is.</param>
    /// <exception cref="NonFiniteException">The model gives NaN.</exception>
    public static LikeliestTokens Of(INextTokens next, IEnumerable<int> last, int count, Device device)
    {
        using var scope = NewDisposeScope();
        var logits = next.Logits(tensor(last.Select(token => (long)token).ToArray(), device: device)).to(ScalarType.Float32);   // [rows, vocabulary]
        int k = (int)Math.Min(count, logits.shape[1]);
        var (values, indices) = logits.topk(k, 1);   // [rows, k]
        var logProbabilities = values.sub(logits.logsumexp(1, keepdim: true));
        float[] numbers = [.. logProbabilities.cpu().data<float>()];
        return Array.Exists(numbers, float.IsNaN)
            ? throw NonFiniteException.OfOutputs()
            : new(k, [.. indices.cpu().data<long>()], numbers);
    }

    /// <summary>The likeliest tokens of one sequence that are possible at all.</summary>
    public IEnumerable<(int Token, double LogProbability)> Row(int row)
    {
        for (int i = row * count; i < (row + 1) * count; i++)
            if (logProbabilities[i] > float.NegativeInfinity) yield return ((int)tokens[i], logProbabilities[i]);
    }
}

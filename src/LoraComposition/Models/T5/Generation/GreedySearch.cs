using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>Appends the likeliest token until the end token or the longest length. Sequences that ended leave the batch.</summary>
internal static class GreedySearch
{
    public static GenerationResult[] Run(INextTokens next, int inputs, int startId, int endId, GenerationOptions options, Device device, IProgress<WorkProgress>? progress, CancellationToken cancellation)
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

using LoraComposition.Models;

namespace LoraComposition.Tests.Models.T5.Generation;

/// <summary>Every sequence there is, and the rules of transformers' beam search written down as it computes them: over dense arrays with −10⁹ for what does not count.</summary>
static class ExhaustiveSearch
{
    const double Never = -1e9;

    /// <summary>All sequences that end or have the longest length, with their log-likelihoods.</summary>
    public static IEnumerable<(int[] Ids, double LogLikelihood)> All(TableTokens table, int input, int maxLength)
    {
        IEnumerable<(int[] Ids, double LogLikelihood)> From(int[] ids, double sum) =>
            ids.Length == maxLength || (ids.Length > 0 && ids[^1] == TableTokens.End) ? [(ids, sum)]
            : table.LogProbabilities(input, ids).SelectMany((logProbability, token) => From([.. ids, token], sum + logProbability));
        return From([], 0);
    }

    public static IReadOnlyList<(int[] Ids, double Score)> Beams(TableTokens table, int input, GenerationOptions options)
    {
        int beams = options.Beams;
        var running = Enumerable.Range(0, beams).Select(i => (Ids: Array.Empty<int>(), Score: i == 0 ? 0 : Never)).ToArray();
        var finished = Enumerable.Repeat((Ids: Array.Empty<int>(), Score: Never, Is: false), beams).ToArray();
        bool improves = true;
        for (int length = 1; ; length++)
        {
            double power = Math.Pow(length, options.LengthPenalty);
            var candidates = running.SelectMany(beam => table.LogProbabilities(input, beam.Ids).Select((p, token) => (Ids: (int[])[.. beam.Ids, token], Score: beam.Score + p)))
                .OrderByDescending(c => c.Score).Take(2 * beams).Select(c => (c.Ids, c.Score, Ends: c.Ids[^1] == TableTokens.End || length == options.MaxLength)).ToArray();
            running = [.. candidates.OrderByDescending(c => c.Score + (c.Ends ? Never : 0)).Take(beams).Select(c => (c.Ids, c.Score + (c.Ends ? Never : 0)))];
            bool full = finished.All(f => f.Is) && options.Stopping == BeamStopping.WhenFull;
            finished = [.. finished.Concat(candidates.Select((c, i) => (c.Ids, c.Score / power + (full || !improves ? Never : 0) + (c.Ends && i < beams ? 0 : Never), c.Ends && i < beams))).OrderByDescending(f => f.Item2).Take(beams)];
            double reached = Math.Pow(options.Stopping == BeamStopping.NoneBetterEver && options.LengthPenalty > 0 ? options.MaxLength : length, options.LengthPenalty);
            improves &= finished.Any(f => running[0].Score / reached > (f.Is ? finished.Min(g => g.Score) : Never));
            if (!improves || (finished.All(f => f.Is) && options.Stopping == BeamStopping.WhenFull) || candidates.All(c => c.Ends)) break;
        }
        return [.. finished.Where(f => f.Is && f.Score > Never / 2).Select(f => (f.Ids, f.Score))];
    }
}

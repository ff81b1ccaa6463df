namespace LoraComposition.Models;

/// <summary>The beam search of one input: the sequences it follows and those it finished.</summary>
/// <param name="startId">The token that starts the decoder.</param>
/// <param name="endId">The token that ends a sequence.</param>
/// <param name="options">How to search.</param>
internal sealed class Beam(int startId, int endId, GenerationOptions options)
{
    readonly List<Hypothesis> finished = [];   // the best first, at most as many as beams

    /// <summary>The sequences that are followed, the likeliest first.</summary>
    public IReadOnlyList<Hypothesis> Running { get; private set; } = [Hypothesis.Start(startId)];

    /// <summary>Whether nothing more is to be found.</summary>
    public bool IsDone { get; private set; }

    /// <summary>What was found.</summary>
    public GenerationResult Result => new([.. finished.Select(sequence => sequence.ToSequence(endId, options.LengthPenalty))]);

    /// <summary>Takes one step.</summary>
    /// <param name="likeliest">The likeliest next tokens of each running sequence, twice as many as beams where the vocabulary has them.</param>
    /// <returns>The index that the parent of each sequence now running had among those running before.</returns>
    public IReadOnlyList<int> Advance(Func<int, IEnumerable<(int Token, double LogProbability)>> likeliest)
    {
        // Half of twice as many candidates can end, so that enough are left to go on with.
        var candidates = Running
            .SelectMany((sequence, parent) => likeliest(parent).Select(next => (Sequence: sequence.With(next.Token, next.LogProbability), Parent: parent)))
            .OrderByDescending(candidate => candidate.Sequence.LogLikelihood).Take(2 * options.Beams).ToArray();
        bool last = Running[0].Length + 1 == options.MaxLength;
        finished.AddRange(candidates.Take(options.Beams).Where(candidate => Ends(candidate.Sequence, last)).Select(candidate => candidate.Sequence));
        finished.Sort((a, b) => Score(b).CompareTo(Score(a)));
        if (finished.Count > options.Beams) finished.RemoveRange(options.Beams, finished.Count - options.Beams);

        var running = candidates.Where(candidate => !Ends(candidate.Sequence, last)).Take(options.Beams).ToArray();
        Running = [.. running.Select(candidate => candidate.Sequence)];
        IsDone = Running.Count == 0 || (finished.Count == options.Beams && !IsWorthwhile());
        return [.. running.Select(candidate => candidate.Parent)];
    }

    bool Ends(Hypothesis sequence, bool last) => last || sequence.Token == endId;

    double Score(Hypothesis sequence) => sequence.ScoreAt(sequence.Length, options.LengthPenalty);

    bool IsWorthwhile()
    {
        if (options.Stopping == BeamStopping.WhenFull) return false;
        var best = Running[0];
        int length = options.Stopping == BeamStopping.NoneBetterEver && options.LengthPenalty > 0 ? options.MaxLength : best.Length;
        return best.ScoreAt(length, options.LengthPenalty) > Score(finished[^1]);
    }
}

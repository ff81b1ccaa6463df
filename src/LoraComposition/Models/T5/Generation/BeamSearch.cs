using static TorchSharp.torch;

namespace LoraComposition.Models;

/// <summary>
/// Follows the likeliest sequences of each input at once, as transformers does: of twice as many candidates as beams, those among the first half that end
/// are kept by their score, and the likeliest that do not end go on. Inputs that are done leave the batch.
/// </summary>
internal static class BeamSearch
{
    public static GenerationResult[] Run(INextTokens next, int inputs, int startId, int endId, GenerationOptions options, Device device,
        IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        var beams = Enumerable.Range(0, inputs).Select(_ => new Beam(startId, endId, options)).ToArray();
        Beam[] active = beams;
        while (active.Length > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            // The rows of one input lie side by side.
            var likeliest = LikeliestTokens.Of(next, active.SelectMany(beam => beam.Running).Select(sequence => sequence.Token), 2 * options.Beams, device);
            var rows = new List<long>();
            int first = 0;
            bool inPlace = true;
            foreach (var beam in active)
            {
                int start = first, count = beam.Running.Count;
                var parents = beam.Advance(parent => likeliest.Row(start + parent));
                if (!beam.IsDone) rows.AddRange(parents.Select(parent => (long)start + parent));
                inPlace &= !beam.IsDone && parents.Count == count;
                first += count;
            }
            active = [.. active.Where(beam => !beam.IsDone)];
            progress?.Report(new(inputs - active.Length, inputs));
            if (active.Length > 0) Choose(next, rows, inPlace, device);
        }
        return [.. beams.Select(beam => beam.Result)];
    }

    static void Choose(INextTokens next, List<long> rows, bool inPlace, Device device)
    {
        if (inPlace && rows.Index().All(row => row.Item == row.Index)) return;
        using var chosen = tensor(rows, device: device);
        if (inPlace) next.Reorder(chosen);
        else next.Choose(chosen);
    }
}

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

/// <summary>A sequence in the making: its newest token and the sequence before it, which several may share.</summary>
internal sealed class Hypothesis
{
    readonly Hypothesis? previous;

    Hypothesis(Hypothesis? previous, int token, int length, double logLikelihood) =>
        (this.previous, Token, Length, LogLikelihood) = (previous, token, length, logLikelihood);

    /// <summary>The newest token.</summary>
    public int Token { get; }

    /// <summary>The number of tokens, without the start.</summary>
    public int Length { get; }

    /// <summary>The sum of the tokens' log-probabilities.</summary>
    public double LogLikelihood { get; }

    /// <summary>The sequence that holds the decoder's start alone.</summary>
    public static Hypothesis Start(int token) => new(null, token, 0, 0);

    /// <summary>One token more.</summary>
    public Hypothesis With(int token, double logProbability) => new(this, token, Length + 1, LogLikelihood + logProbability);

    /// <summary>The log-likelihood divided by a power of a length.</summary>
    public double ScoreAt(int length, double penalty) => LogLikelihood / Math.Pow(length, penalty);

    public GeneratedSequence ToSequence(int endId, double penalty)
    {
        var ids = new int[Length];
        var at = this;
        for (int i = Length - 1; i >= 0; i--, at = at.previous!) ids[i] = at.Token;
        return new GeneratedSequence { Ids = ids, LogLikelihood = LogLikelihood, Score = ScoreAt(Length, penalty), IsComplete = Token == endId };
    }
}

namespace LoraComposition.Models;

/// <summary>A sequence in the making: its newest token and the sequence before it, which several may share.</summary>
internal sealed class Hypothesis
{
    readonly Hypothesis? previous;

    Hypothesis(Hypothesis? previous, int token, int length, double logLikelihood) => (this.previous, Token, Length, LogLikelihood) = (previous, token, length, logLikelihood);

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

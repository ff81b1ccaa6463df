namespace LoraComposition.Models;

/// <summary>How likely a model finds an answer to a text.</summary>
/// <param name="LogLikelihood">The sum of the log-probabilities of the answer's tokens, natural logarithm.</param>
/// <param name="TokenCount">The number of tokens, at least one.</param>
public readonly record struct AnswerScore(double LogLikelihood, int TokenCount)
{
    /// <summary>The log-likelihood for each token, which does not favour short answers: minus the model's loss on this answer alone.</summary>
    public double MeanLogLikelihood => LogLikelihood / TokenCount;
}

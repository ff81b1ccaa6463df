namespace LoraComposition.FewShot;

/// <summary>
/// How the head is fitted before anything else trains: a multinomial logistic regression with an L2 penalty on features computed once, the penalty chosen from a
/// grid by held-out loss. The same for every method, so that a comparison of methods is none of heads.
/// </summary>
public sealed record HeadOptions
{
    // One list, so that equal settings compare as equal.
    static readonly IReadOnlyList<double> defaultPenalties = [0.3, 1, 3, 10, 30, 100, 300];

    /// <summary>
    /// The penalties to choose from. The fitted head minimises the summed cross-entropy of the images plus half the penalty times the squared weights, over features
    /// scaled to a mean square of 1; the bias is free. Default 0.3 to 300 in steps of about three.
    /// </summary>
    public IReadOnlyList<double> Penalties { get; init; } = defaultPenalties;

    /// <summary>The parts of the support set that take turns as the held-out one where there is no validation part. Default 5.</summary>
    public int Folds { get; init; } = 5;

    /// <summary>The penalty where nothing can be held out, because a class has only one image. Default 30.</summary>
    public double FixedPenalty { get; init; } = 30;

    /// <summary>Checks every setting.</summary>
    /// <exception cref="ArgumentException">A setting lies outside its range.</exception>
    public void Validate()
    {
        if (Penalties.Count == 0) throw new ArgumentException("There is no penalty to choose for the head; give at least one.");
        foreach (double penalty in Penalties.Append(FixedPenalty))
            if (!(penalty > 0 && double.IsFinite(penalty))) throw new ArgumentException($"A penalty of the head is {penalty}; it must be positive.");
        if (Folds < 2) throw new ArgumentException($"The folds are {Folds}; they must be at least 2.");
    }
}

/// <summary>How the penalty of a fitted head was chosen.</summary>
public enum HeadChoice
{
    /// <summary>By the loss on the validation part.</summary>
    Validation,

    /// <summary>By cross-validation within the support set.</summary>
    CrossValidation,

    /// <summary>It is fixed: nothing could be held out.</summary>
    Fixed,
}

/// <summary>The head that was fitted.</summary>
/// <param name="Penalty">Its penalty.</param>
/// <param name="Choice">How that was chosen.</param>
/// <param name="HeldOut">The score of the heads of this penalty on what was held out; null where nothing was.</param>
public sealed record FittedHead(double Penalty, HeadChoice Choice, ValidationScore? HeldOut);

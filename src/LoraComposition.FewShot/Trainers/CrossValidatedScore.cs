namespace LoraComposition.FewShot;

/// <summary>A support set and the parts of it that take turns as the held-out one.</summary>
/// <param name="Support">The support set.</param>
/// <param name="Parts">Of each turn the samples learned from and those held out.</param>
sealed record SupportFolds(FewShotSplit Support, IReadOnlyList<(FewShotSamples Others, IReadOnlyList<int> Held)> Parts)
{
    /// <param name="support">The support set.</param>
    /// <param name="folds">The places of each part in it.</param>
    public static SupportFolds Of(FewShotSplit support, int[][] folds) => new(support, [.. folds.Select(fold =>
    {
        int[] held = [.. fold.Select(place => support.Indices[place])];
        var others = new FewShotSplit(support.Shots, support.Seed, [.. support.Indices.Except(held)], [.. support.EffectiveShots]);
        return (new FewShotSamples(others, []), (IReadOnlyList<int>)held);
    })]);
}

/// <summary>How a method did on parts of a support set that it was not trained on.</summary>
/// <param name="Method">The method.</param>
/// <param name="Score">The score over all parts.</param>
/// <param name="Correct">Which samples were right, in the order of the support set; empty where that is not known.</param>
/// <param name="TrainableParameters">The trained numbers besides the head's.</param>
/// <param name="HeadParameters">The head's.</param>
/// <param name="Steps">The steps of one training.</param>
/// <param name="Times">What all trainings took.</param>
sealed record CrossValidatedScore(ITuningMethod Method, ValidationScore Score, IReadOnlyList<bool> Correct, long TrainableParameters, long HeadParameters, int Steps, PhaseReading Times);

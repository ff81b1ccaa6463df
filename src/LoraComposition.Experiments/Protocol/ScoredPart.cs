namespace LoraComposition.Experiments;

/// <summary>The samples that a trained method is scored on.</summary>
public enum ScoredPart
{
    /// <summary>Those held out of the training part: to choose settings by.</summary>
    Validation,

    /// <summary>The test part, whole: to report.</summary>
    Test,
}

namespace LoraComposition.FewShot;

/// <summary>What one method reached.</summary>
public sealed record MethodResult
{
    /// <summary>The method.</summary>
    public required string Method { get; init; }

    /// <summary>The part of the validation images that is classified correctly. The same images stopped the training, so it is somewhat too high.</summary>
    public required double ValidationAccuracy { get; init; }

    /// <summary>The mean cross-entropy on them.</summary>
    public required double ValidationLoss { get; init; }

    /// <summary>The number of trained numbers besides the head's.</summary>
    public required long TrainableParameters { get; init; }

    /// <summary>The number of the head's.</summary>
    public required long HeadParameters { get; init; }

    /// <summary>The steps that were made after the warm-up.</summary>
    public required int Steps { get; init; }

    /// <summary>The step whose state was kept.</summary>
    public required int BestStep { get; init; }

    /// <summary>Whether the score had stopped rising before the last step.</summary>
    public required bool StoppedEarly { get; init; }

    /// <summary>The seconds that loading, warm-up and training took. The first method of a start also computes the features that the next one finds ready.</summary>
    public required IReadOnlyDictionary<string, double> Timings { get; init; }
}

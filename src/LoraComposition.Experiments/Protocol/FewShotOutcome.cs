using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>What one run measured.</summary>
public sealed record FewShotOutcome
{
    /// <summary>The score that tables show, 0 to 1: top-1 accuracy of images, exact match of texts.</summary>
    public required double Accuracy { get; init; }

    /// <summary>The number of samples it was scored on.</summary>
    public required int TestCount { get; init; }

    /// <summary>Other numbers of the test, by camelCase names.</summary>
    public required IReadOnlyDictionary<string, double> Scores { get; init; }

    /// <summary>How the training went.</summary>
    public required TrainingOutcome Training { get; init; }

    /// <summary>The trained numbers without the head.</summary>
    public required long TrainableParameters { get; init; }

    /// <summary>The trained numbers of the head; 0 where there is none.</summary>
    public long HeadParameters { get; init; }

    /// <summary>How long each part took, in seconds.</summary>
    public required IReadOnlyDictionary<string, double> Timings { get; init; }

    /// <summary>What the method found; null where it tells nothing.</summary>
    public TuningFindings? Findings { get; init; }

    /// <summary>The candidates among which the model was chosen; empty where there was no choice.</summary>
    public IReadOnlyList<CandidateScore> Candidates { get; init; } = [];

    /// <summary>What the model wrote for each test question; null where it writes no text.</summary>
    public IReadOnlyList<ScoredPrediction>? Predictions { get; init; }
}

using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>What an experiment needs of one downstream task, whatever its samples are: support sets to learn from, and methods trained and tested on them.</summary>
/// <remarks>Owns what it keeps between runs. Not thread-safe.</remarks>
public interface IFewShotRunner : IDisposable
{
    /// <summary>The hash of each input, by name: base model and data.</summary>
    IReadOnlyDictionary<string, string> Inputs { get; }

    /// <summary>
    /// Everything that decides the result of a method but K and the seed: task, data, base model, settings, and the modules where the method uses them.
    /// </summary>
    /// <param name="method">The method.</param>
    /// <param name="options">Its settings.</param>
    /// <returns>Values that can be written as JSON, by camelCase names.</returns>
    IReadOnlyDictionary<string, object?> Configure(ITuningMethod method, TuningOptions options);

    /// <summary>Draws a support set. For one seed the sets are nested.</summary>
    /// <param name="shots">K; null for all samples.</param>
    /// <param name="seed">The seed.</param>
    /// <returns>The set.</returns>
    FewShotSplit Sample(int? shots, int seed);

    /// <summary>Says that a set holds fewer samples than were asked for.</summary>
    /// <param name="support">A set of <see cref="Sample"/>.</param>
    /// <returns>A sentence; null where the set is complete.</returns>
    string? DescribeShortage(FewShotSplit support);

    /// <summary>Trains a method on a support set and scores it.</summary>
    /// <param name="method">The method.</param>
    /// <param name="options">Its settings.</param>
    /// <param name="support">A set of <see cref="Sample"/>.</param>
    /// <param name="part">What it is scored on; the test part is not touched otherwise.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    /// <returns>What was measured.</returns>
    /// <exception cref="ArgumentException">The task has no samples of that part, or a setting is out of range.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    FewShotOutcome Execute(ITuningMethod method, TuningOptions options, FewShotSplit support, ScoredPart part, CancellationToken cancellation = default);
}

/// <summary>What one run measured.</summary>
public sealed record FewShotOutcome
{
    /// <summary>The score that tables show, 0 to 1: top-1 accuracy of images, exact match of texts.</summary>
    public required double Accuracy { get; init; }

    /// <summary>The number of samples it was scored on.</summary>
    public required int TestCount { get; init; }

    /// <summary>Which of these samples were right, in their order; null where that is not known.</summary>
    public IReadOnlyList<bool>? Correct { get; init; }

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

    /// <summary>The most memory that the process held during the run, in MiB; null where the system does not tell.</summary>
    public double? PeakMemoryMiB { get; init; }

    /// <summary>What the method found; null where it tells nothing.</summary>
    public TuningFindings? Findings { get; init; }

    /// <summary>What makes the result doubtful, in sentences: a training that kept its start, modules that change nothing. Empty where nothing does.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>The candidate that was chosen; null where there was no choice.</summary>
    public string? Chosen { get; init; }

    /// <summary>The candidates among which the model was chosen; empty where there was no choice.</summary>
    public IReadOnlyList<CandidateScore> Candidates { get; init; } = [];

    /// <summary>What the model wrote for each test question; null where it writes no text.</summary>
    public IReadOnlyList<ScoredPrediction>? Predictions { get; init; }
}

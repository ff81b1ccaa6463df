using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>What an experiment needs of one downstream task, whatever its samples are: support sets to learn from, and methods trained and tested on them.</summary>
/// <remarks>Owns what it keeps between runs. Not thread-safe.</remarks>
public interface IFewShotRunner : IDisposable
{
    /// <summary>The hash of each input, by name: base model and data.</summary>
    IReadOnlyDictionary<string, string> Inputs { get; }

    /// <summary>Everything that decides the result of a method but K and the seed: task, data, base model, settings, and the modules where the method uses them.</summary>
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

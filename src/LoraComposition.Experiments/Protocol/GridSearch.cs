using System.Globalization;
using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>
/// Chooses one configuration per method on the validation part, by its mean over K and seeds (section 5.1 of arXiv:2402.15414). The test part is not touched.
/// What is compared is what a training's best state is found by, <see cref="TrainingOptions.Criterion"/>: the mean loss, or with the paper's settings the
/// accuracy.
/// </summary>
public static class GridSearch
{
    /// <summary>Lists every point of every method for every K and seed. A method with one point has nothing to choose and is left out.</summary>
    /// <param name="methods">The methods.</param>
    /// <param name="options">The settings to start from.</param>
    /// <param name="shots">The numbers of samples; null for all.</param>
    /// <param name="seeds">The seeds.</param>
    /// <returns>The list.</returns>
    public static IReadOnlyList<FewShotWork> List(IReadOnlyList<ITuningMethod> methods, TuningOptions options, IReadOnlyList<int?> shots, IReadOnlyList<int> seeds)
    {
        ArgumentNullException.ThrowIfNull(methods);
        var points = methods.Select(method => (Method: method, Points: TuningGrid.PointsOf(method, options))).Where(m => m.Points.Count > 1).ToArray();
        return [.. from k in shots from seed in seeds from m in points from p in m.Points select new FewShotWork(p.Name, m.Method, p.Options, k, seed,
            ScoredPart.Validation)];
    }

    /// <summary>Compares the points.</summary>
    /// <param name="work">The list.</param>
    /// <param name="results">A result for each item.</param>
    /// <returns>Every point, in the order of the list, with one chosen for each method.</returns>
    /// <exception cref="ArgumentException">There is not one result for each item.</exception>
    public static IReadOnlyList<GridChoice> Choose(IReadOnlyList<FewShotWork> work, IReadOnlyList<RunResult> results)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentNullException.ThrowIfNull(results);
        if (work.Count != results.Count) throw new ArgumentException($"Expected a result for each of {work.Count} runs, found {results.Count}.", nameof(results));
        var points = work.Zip(results).GroupBy(p => p.First.Name)
            .Select(g => new GridChoice(g.First().First.Method, g.Key, g.First().First.Options, g.Average(p => p.Second.Accuracy),
                g.Average(p => p.Second.Scores["loss"]), Chosen: false)).ToArray();
        // Among equals the first stays, which has the unchanged rate.
        var best = points.GroupBy(p => p.Method.Name).Select(g => g.Aggregate((one, next) => IsBetter(next, one) ? next : one)).ToHashSet();
        return [.. points.Select(p => p with { Chosen = best.Contains(p) })];
    }

    static bool IsBetter(GridChoice one, GridChoice other) =>
        new ValidationScore(one.Accuracy, one.Loss).IsBetterThan(new ValidationScore(other.Accuracy, other.Loss), one.Options.Training.Criterion);
}

/// <summary>How one point of the grid did on the validation part.</summary>
/// <param name="Method">The method.</param>
/// <param name="Name">The point's name.</param>
/// <param name="Options">The point's settings.</param>
/// <param name="Accuracy">The mean score over K and seeds, 0 to 1.</param>
/// <param name="Loss">The mean loss.</param>
/// <param name="Chosen">Whether it is the method's best: by loss, or by score where its trainings go by that.</param>
public sealed record GridChoice(ITuningMethod Method, string Name, TuningOptions Options, double Accuracy, double Loss, bool Chosen);

/// <summary>The declared grid of settings: a method's own learning rate in steps of about three.</summary>
internal static class TuningGrid
{
    /// <summary>The factors of the learning rate, the rate itself first: among equals it stays.</summary>
    public static IReadOnlyList<double> Factors { get; } = [1, 0.1, 0.3, 3, 10];

    /// <summary>The points of a method.</summary>
    /// <param name="method">The method.</param>
    /// <param name="options">The settings to start from.</param>
    /// <returns>A name for files and tables, for example <c>lora-rate-x3</c>, and settings; one point where the method has nothing to set.</returns>
    public static IReadOnlyList<(string Name, TuningOptions Options)> PointsOf(ITuningMethod method, TuningOptions options)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(options);
        return [.. Factors.Select(factor => (Name: string.Create(CultureInfo.InvariantCulture, $"{method.Name}-rate-x{factor}").Replace('.', '-'),
            Options: method.ScaleRate(options, factor))).DistinctBy(point => point.Options)];
    }
}

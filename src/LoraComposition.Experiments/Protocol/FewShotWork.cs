using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>One run of an experiment: a method with its settings, on one support set.</summary>
/// <param name="Name">What the run's method is called in files and tables: the method's own name, or one that tells its settings from others.</param>
/// <param name="Method">The method.</param>
/// <param name="Options">Its settings.</param>
/// <param name="Shots">K; null for all samples.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Part">What it is scored on.</param>
public sealed record FewShotWork(string Name, ITuningMethod Method, TuningOptions Options, int? Shots, int Seed, ScoredPart Part = ScoredPart.Test)
{
    /// <summary>Lists every method for every K and seed, K by K and seed by seed.</summary>
    /// <param name="methods">The methods and their settings.</param>
    /// <param name="shots">The numbers of samples; null for all.</param>
    /// <param name="seeds">The seeds.</param>
    /// <returns>The list.</returns>
    public static IReadOnlyList<FewShotWork> List(IReadOnlyList<(ITuningMethod Method, TuningOptions Options)> methods, IReadOnlyList<int?> shots, IReadOnlyList<int> seeds)
    {
        ArgumentNullException.ThrowIfNull(methods);
        ArgumentNullException.ThrowIfNull(shots);
        ArgumentNullException.ThrowIfNull(seeds);
        return [.. from k in shots from seed in seeds from m in methods select new FewShotWork(m.Method.Name, m.Method, m.Options, k, seed)];
    }
}

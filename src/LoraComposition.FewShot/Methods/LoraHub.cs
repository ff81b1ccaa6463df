using System.Globalization;
using LoraComposition.Models;

namespace LoraComposition.FewShot;

/// <summary>
/// LoraHub (arXiv:2307.13269): <c>(Σ wₙ√sₙ·Bₙ)(Σ wₙ√sₙ·Aₙ)</c> at every layer, one w of N numbers in [−1.5, 1.5] for the whole model, which is no weighted sum of the
/// updates. w starts at 0, the base model, and is searched without gradients for the smallest mean loss on the samples to learn from plus 0.05 times the mean |wₙ|,
/// by CMA-ES (arXiv:1604.00772) in place of the paper's own mixture.
/// </summary>
/// <remarks>
/// Each of the <see cref="TuningOptions.LoraHubEvaluations"/> costs the merge of all layers and a pass of the samples to learn from; with images also a head, fitted
/// over the features with <see cref="HeadOptions.FixedPenalty"/>, as a head from before would only fit the composition that it was made for. All modules must adapt
/// the same layers with one rank. It has no state of its own, so several threads may use it.
/// </remarks>
public sealed class LoraHub : ITuningMethod
{
    const double Bound = 1.5, Shrinkage = 0.05;
    const double FirstDeviation = 0.5;   // a third of the way to the bound

    /// <inheritdoc/>
    public string Name => "lorahub";

    /// <summary>The base model; in a training the composition that was found.</summary>
    public StartingPoint Start => StartingPoint.BaseModel;

    /// <inheritdoc/>
    public bool NeedsModules => true;

    /// <inheritdoc/>
    public bool KeepsBase => true;

    /// <summary>Searches the coefficients.</summary>
    /// <param name="trials">The training.</param>
    /// <returns>The composition with the best of them; its findings hold them.</returns>
    /// <exception cref="ArgumentException">The modules have different ranks, or do not adapt the same layers; the message names the layer.</exception>
    public SearchOutcome Search(IMethodTrials trials)
    {
        ArgumentNullException.ThrowIfNull(trials);
        int count = trials.Modules.Count, evaluations = trials.Options.LoraHubEvaluations;
        using var bar = trials.Progress.Begin($"{Name}: search", evaluations);
        double Objective(IReadOnlyList<double> w)
        {
            double loss = trials.Loss(At(w).Start);
            bar.Advance(1);
            return loss + Shrinkage * w.Average(Math.Abs);
        }
        trials.Begin();
        var found = CovarianceMatrixAdaptation.Minimise(Objective, new double[count], FirstDeviation, evaluations, new SeededRandom(RandomStream.Search, trials.Seed),
            Bound, trials.Begin);
        var notes = new Dictionary<string, string>
        {
            ["objective"] = found.Value.ToString(CultureInfo.InvariantCulture),
            ["evaluations"] = found.Evaluations.ToString(CultureInfo.InvariantCulture),
        };
        for (int n = 0; n < count; n++) notes[$"w{n + 1}"] = found.Point[n].ToString(CultureInfo.InvariantCulture);
        return new(At(found.Point, notes))
        {
            Remark = trials.Options.Budget is not null && found.Evaluations < evaluations ? $"The budget ended the search of '{Name}' after {found.Evaluations} of {evaluations} trials."
                : found.Point.All(w => w == 0) ? $"'{Name}' kept its start: none of {found.Evaluations} compositions had a lower loss than the base alone, so it is the base alone." : null,
        };
    }

    /// <inheritdoc/>
    public TuningOptions ScaleRate(TuningOptions options, double factor) => ClassifierTuning.ScaleHeadRates(options, factor);

    /// <summary>Is refused: the coefficients are searched for on the samples to learn from, so train with a trainer.</summary>
    /// <param name="model">Passed over.</param>
    /// <param name="modules">Passed over.</param>
    /// <param name="options">Passed over.</param>
    /// <param name="seed">Passed over.</param>
    /// <returns>Nothing, so the caller owns nothing.</returns>
    /// <exception cref="NotSupportedException">Always.</exception>
    public ITuning Begin(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed) =>
        throw new NotSupportedException($"Method '{Name}' searches its coefficients on samples; train it with a trainer.");

    static MergedComposition At(IReadOnlyList<double> w, IReadOnlyDictionary<string, string>? notes = null) =>
        notes is null ? new(new LoraHubMerge(w)) : new(new LoraHubMerge(w), notes);
}

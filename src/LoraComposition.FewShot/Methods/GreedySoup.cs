using System.Globalization;
using LoraComposition.Models;

namespace LoraComposition.FewShot;

/// <summary>
/// The greedy soup of arXiv:2203.05482: the modules are tried from the best alone to the worst, and one is kept where the held-out score of the mean of those kept
/// rises strictly (the paper keeps it where it does not fall). The head is fitted for each set. It costs a fit for each module and one less for the sets.
/// </summary>
/// <remarks>Scores are compared by <see cref="TrainingOptions.Criterion"/>. It has no state of its own, so several threads may use it.</remarks>
public sealed class GreedySoup : ITuningMethod
{
    const string SoupName = "greedy-soup";

    /// <inheritdoc/>
    public string Name => SoupName;

    /// <summary>The mean of all modules; in a training that of the modules that are kept.</summary>
    public StartingPoint Start => StartingPoint.UniformComposition;

    /// <inheritdoc/>
    public bool NeedsModules => true;

    /// <inheritdoc/>
    public bool KeepsBase => true;

    /// <summary>Keeps modules one by one. Where a class has only one sample and there is no validation part nothing can be held out: then all are kept, and a remark says so.</summary>
    /// <param name="trials">The training.</param>
    /// <returns>The mean of the modules that were kept; its findings name them.</returns>
    public SearchOutcome Search(IMethodTrials trials)
    {
        ArgumentNullException.ThrowIfNull(trials);
        int count = trials.Modules.Count, tried = 0;
        var criterion = trials.Options.Training.Criterion;
        if (count == 1) return new(new Soup([0]));
        var alone = new List<(int Module, ValidationScore Score)>();
        for (; tried < count && trials.Begin(); tried++)
        {
            if (trials.HeldOut(new Soup([tried])) is not { } score)
                return new(new Soup([.. Enumerable.Range(0, count)])) { Remark = $"Method '{Name}' had nothing to choose by, as a class has only one sample: the mean of all {count} modules was taken." };
            alone.Add((tried, score));
        }
        // Of equals the first module.
        alone.Sort((one, other) => one.Score.IsBetterThan(other.Score, criterion) ? -1 : other.Score.IsBetterThan(one.Score, criterion) ? 1 : one.Module - other.Module);
        var (kept, best) = ((int[])[alone[0].Module], alone[0].Score);
        foreach (var (module, _) in alone.Skip(1))
        {
            if (tried < count || !trials.Begin()) break;
            tried++;
            int[] larger = [.. kept.Append(module).Order()];
            if (trials.HeldOut(new Soup(larger)) is not { } score || !score.IsBetterThan(best, criterion)) continue;
            (kept, best) = (larger, score);
        }
        string? remark = tried == 2 * count - 1 ? null
            : $"The budget ended the search of '{Name}' after {tried} of {2 * count - 1} trials.";
        return new(new Soup(kept, best)) { Remark = remark };
    }

    /// <inheritdoc/>
    public TuningOptions ScaleRate(TuningOptions options, double factor) => ClassifierTuning.ScaleHeadRates(options, factor);

    /// <summary>Is refused where there are several modules: held-out samples have to choose among them, so train with a trainer.</summary>
    /// <param name="model">A fresh copy of the base model.</param>
    /// <param name="modules">The only module.</param>
    /// <param name="options">The settings.</param>
    /// <param name="seed">The seed of random starts.</param>
    /// <returns>What trains. The caller owns it; disposing it takes out what was attached.</returns>
    /// <exception cref="ArgumentException">There are several modules, or none.</exception>
    public ITuning Begin(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed)
    {
        ArgumentNullException.ThrowIfNull(modules);
        if (modules.Count != 1)
            throw new ArgumentException($"Method '{Name}' begins with one module, found {modules.Count}; train it with a trainer, which chooses among them.", nameof(modules));
        return new Soup([0]).Begin(model, modules, options, seed);
    }

    /// <summary>The mean of some modules.</summary>
    sealed class Soup(int[] kept, ValidationScore? score = null) : ITuningMethod
    {
        public string Name => SoupName;

        public StartingPoint Start { get; } = StartingPoint.MeanOf(kept);

        public bool NeedsModules => true;

        public bool KeepsBase => true;

        public TuningOptions ScaleRate(TuningOptions options, double factor) => ClassifierTuning.ScaleHeadRates(options, factor);

        public ITuning Begin(IAdaptableModel model, IReadOnlyList<LoraAdapter> modules, TuningOptions options, int seed)
        {
            var notes = new Dictionary<string, string> { ["kept"] = string.Join(", ", kept.Select(module => modules[module].Name)), ["of"] = modules.Count.ToString(CultureInfo.InvariantCulture) };
            if (score is { } found) notes["heldOutLoss"] = found.Loss.ToString(CultureInfo.InvariantCulture);
            return new CompositionTuning(Composition.AttachUniform(model, [.. kept.Select(module => modules[module])], model.HasHead()),
                findings: _ => new TuningFindings { Notes = notes });
        }
    }
}

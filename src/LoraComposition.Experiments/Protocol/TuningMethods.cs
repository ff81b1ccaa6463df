using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>The methods of the paper's experiments.</summary>
public static class TuningMethods
{
    /// <summary>The five methods of the vision experiments, in the order of the tables.</summary>
    public static IReadOnlyList<ITuningMethod> Vision { get; } = [new ClassifierTuning(), new FullFineTuning(), new LoraFromScratch(), new UniformComposition(),
        new LearnedComposition()];

    /// <summary>What every vision experiment offers besides: the best single module, and compositions of random modules.</summary>
    public static IReadOnlyList<ITuningMethod> VisionControls { get; } = [new BestSingleModule(), new RandomModules(new UniformComposition()),
        new RandomModules(new LearnedComposition())];

    /// <summary>The compositions beside the paper's: shared vectors, free coefficients, a LoRA on top, selectors of factors, and the choice among them.</summary>
    public static IReadOnlyList<ITuningMethod> Compositions { get; } =
    [
        new LearnedComposition(WeightSharing.Block), new LearnedComposition(WeightSharing.Role), new LearnedComposition(WeightSharing.Model),
        new UnconstrainedComposition(), new UnconstrainedComposition(WeightSharing.Block), new UnconstrainedComposition(WeightSharing.Role),
        new UnconstrainedComposition(WeightSharing.Model), new UniformComposition(residual: true), new LearnedComposition(WeightSharing.Model, residual: true),
        new UnconstrainedComposition(WeightSharing.Model, residual: true), new PolySelection(), new PolySelection(heads: 4), new AutomaticChoice(),
    ];

    /// <summary>The field's other methods: merges of the modules alone, their settings chosen by held-out loss, searches on the samples to learn from, and selectors of factors.</summary>
    public static IReadOnlyList<ITuningMethod> Rivals { get; } =
    [
        .. new[] { "task-arithmetic", "ties", "dare", "dare-ties", "magnitude", "breadcrumbs", "knots-ties", "core-space-ties", "factor-mean" }
            .Select(name => new MergedComposition(name)),
        new GreedySoup(), new LoraHub(), new Ratatouille(),
    ];

    /// <summary>Of the field's methods those that need more than the modules' files, or give what no adapter can keep.</summary>
    public static IReadOnlyList<ITuningMethod> OtherRivals { get; } = [new FisherComposition(), new ArrowRouting()];

    /// <summary>The five methods of the language experiment, in the order of the tables.</summary>
    public static IReadOnlyList<ITuningMethod> Text { get; } = [new ZeroShot(), new FullFineTuning(), new LoraFromScratch(), new UniformComposition(),
        new LearnedComposition()];

    /// <summary>Finds a method by its name.</summary>
    /// <param name="methods">Where to look: for example <see cref="Vision"/>.</param>
    /// <param name="name">The name, in any case.</param>
    /// <returns>The method, or null where there is none of that name.</returns>
    public static ITuningMethod? Find(this IReadOnlyList<ITuningMethod> methods, string name) =>
        methods.FirstOrDefault(method => string.Equals(method.Name, name, StringComparison.OrdinalIgnoreCase));
}

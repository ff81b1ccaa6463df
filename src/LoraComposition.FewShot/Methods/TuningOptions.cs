using LoraComposition.Models;

namespace LoraComposition.FewShot;

/// <summary>
/// Every setting of the few-shot methods. arXiv:2402.15414 states none of them but rank, targets and the warm-up's epochs; every result records them.
/// </summary>
public sealed record TuningOptions
{
    // One list, so that equal settings compare as equal.
    static readonly IReadOnlyList<double> defaultPenalties = [1, 30], defaultLambdas = [0.3, 1], defaultDensities = [0.2, 0.5];

    /// <summary>Length, batches and schedule of the training of everything together. Default 300 steps.</summary>
    public TrainingOptions Training { get; init; } = new() { Steps = 300 };

    /// <summary>
    /// How the head is fitted before anything else trains; null: it is trained over <see cref="WarmUpEpochs"/>, as section 5.1 of the paper does.
    /// </summary>
    public HeadOptions? Head { get; init; } = new();

    /// <summary>How pictures are changed each time they are learned from. Default flips.</summary>
    public ImageAugmentation Augmentation { get; init; } = ImageAugmentation.Flip;

    /// <summary>
    /// The epochs over which the head alone is trained first where <see cref="Head"/> is null, on features computed once. Default 50, as in section 5.1 of the paper.
    /// </summary>
    public int WarmUpEpochs { get; init; } = 50;

    /// <summary>The head's learning rate in the warm-up, and where nothing else trains. Default 0.01.</summary>
    public double HeadWarmUpLearningRate { get; init; } = 1e-2;

    /// <summary>The head's learning rate where the rest of the model trains too. Default 0.001.</summary>
    public double HeadLearningRate { get; init; } = 1e-3;

    /// <summary>The learning rate of the composition's vectors v. Default 0.05.</summary>
    public double ComposerLearningRate { get; init; } = 0.05;

    /// <summary>The learning rate of free coefficients. Default 0.02.</summary>
    public double CoefficientLearningRate { get; init; } = 0.02;

    /// <summary>
    /// How strongly free coefficients are drawn to where they start: half of it times their squared distance is added to the summed loss of the images. Of several
    /// the one of the lowest held-out loss is taken, each costs a training. Default 1 and 30.
    /// </summary>
    public IReadOnlyList<double> CoefficientPenalties { get; init; } = defaultPenalties;

    /// <summary>
    /// The factors in front of what a merge method composes (<see cref="MergedComposition"/>). Of several the one of the lowest held-out loss is taken, with each of
    /// the <see cref="MergeDensities"/> where the method has one. Default 0.3 and 1.
    /// </summary>
    public IReadOnlyList<double> MergeLambdas { get; init; } = defaultLambdas;

    /// <summary>The parts of the entries that a merge method keeps, in (0, 1]. Default 0.2 and 0.5.</summary>
    public IReadOnlyList<double> MergeDensities { get; init; } = defaultDensities;

    /// <summary>The compositions that <see cref="LoraHub"/> tries; each costs a pass over the samples to learn from. Default 40, as in arXiv:2307.13269.</summary>
    public int LoraHubEvaluations { get; init; } = 40;

    /// <summary>The learning rate of a LoRA on top of a composition. Default 0.0003.</summary>
    public double ResidualLearningRate { get; init; } = 3e-4;

    /// <summary>The learning rate of a LoRA from scratch. Default 0.002.</summary>
    public double LoraLearningRate { get; init; } = 2e-3;

    /// <summary>The learning rate of all weights in full fine-tuning. Default 0.00005.</summary>
    public double FullLearningRate { get; init; } = 5e-5;

    /// <summary>AdamW's weight decay for weights; v has none. Default 0.01.</summary>
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>Rank, alpha and dropout of a LoRA from scratch.</summary>
    public LoraOptions Lora { get; init; } = new();

    /// <summary>The layers that a LoRA from scratch adapts. Default query, key and value, as in section 5 of the paper.</summary>
    public IReadOnlyList<LinearRole> LoraRoles { get; init; } = LoraTuning.DefaultRoles;

    /// <summary>The parts of the support set that take turns where candidates are chosen among and there is no validation part. Default 3.</summary>
    public int Folds { get; init; } = 3;

    /// <summary>
    /// The time for trying candidates, after which no further one is begun; null: all are tried. What is then tried depends on the machine. Default null.
    /// </summary>
    public TimeSpan? Budget { get; init; }

    /// <summary>The samples in a batch where nothing trains. Default 128.</summary>
    public int EvaluationBatchSize { get; init; } = 128;

    /// <summary>
    /// The protocol of arXiv:2402.15414 as far as it is stated: a warm-up of the head for 50 epochs, then everything together; no augmentation; the state of the
    /// best accuracy is kept.
    /// </summary>
    public static TuningOptions Paper { get; } = new()
    {
        Head = null,
        Augmentation = ImageAugmentation.None,
        Training = new TrainingOptions { Steps = 100, Checks = 5, Patience = 3, Criterion = StoppingCriterion.Accuracy },
    };

    /// <summary>Checks every setting.</summary>
    /// <exception cref="ArgumentException">A setting lies outside its range.</exception>
    public void Validate()
    {
        Training.Validate();
        Lora.Validate();
        Head?.Validate();
        if (CoefficientPenalties.Count == 0) throw new ArgumentException("There is no penalty to choose for the coefficients; give at least one.");
        foreach (double penalty in CoefficientPenalties)
            if (!(penalty >= 0 && double.IsFinite(penalty))) throw new ArgumentException($"A penalty of the coefficients is {penalty}; it must be at least 0.");
        if (MergeLambdas.Count == 0) throw new ArgumentException("There is no factor to choose for merge methods; give at least one.");
        foreach (double lambda in MergeLambdas)
            if (!float.IsFinite((float)lambda)) throw new ArgumentException($"A factor of merge methods is {lambda}; it must be finite in float32.");
        if (MergeDensities.Count == 0) throw new ArgumentException("There is no density to choose for merge methods; give at least one.");
        foreach (double density in MergeDensities)
            if (density is not (> 0 and <= 1)) throw new ArgumentException($"A density of merge methods is {density}; it must lie in (0, 1].");
        if (LoraHubEvaluations < 1) throw new ArgumentException($"The evaluations of LoraHub are {LoraHubEvaluations}; they must be at least 1.");
        if (LoraRoles.Count == 0) throw new ArgumentException("There are no LoRA roles; give at least one layer to adapt.");
        if (WarmUpEpochs < 0) throw new ArgumentException($"The warm-up has {WarmUpEpochs} epochs; it must have at least 0.");
        if (Folds < 2) throw new ArgumentException($"The folds are {Folds}; they must be at least 2.");
        if (Budget is { } budget && budget <= TimeSpan.Zero) throw new ArgumentException($"The budget is {budget}; it must be positive.");
        if (EvaluationBatchSize < 1) throw new ArgumentException($"The evaluation batch size is {EvaluationBatchSize}; it must be at least 1.");
        foreach (double rate in new[] { HeadWarmUpLearningRate, HeadLearningRate, ComposerLearningRate, CoefficientLearningRate, ResidualLearningRate, LoraLearningRate, FullLearningRate })
            if (!(rate > 0 && double.IsFinite(rate))) throw new ArgumentException($"A learning rate is {rate}; it must be positive.");
        if (!(WeightDecay >= 0 && double.IsFinite(WeightDecay))) throw new ArgumentException($"The weight decay is {WeightDecay}; it must be at least 0.");
    }
}

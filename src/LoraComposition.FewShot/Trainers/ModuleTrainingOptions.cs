using LoraComposition.Models;

namespace LoraComposition.FewShot;

/// <summary>How a LoRA module is trained on the samples of its own task.</summary>
public sealed record ModuleTrainingOptions
{
    /// <summary>The samples in a batch where nothing trains.</summary>
    internal const int EvaluationBatchSize = 128;

    /// <summary>Length, batches and schedule. Default: 5 epochs in batches of 64.</summary>
    public TrainingOptions Training { get; init; } = new() { Steps = null, Epochs = 5, BatchSize = 64 };

    /// <summary>How the head is fitted first, where the task has one; null: it is trained over <see cref="WarmUpEpochs"/>.</summary>
    public HeadOptions? Head { get; init; } = new();

    /// <summary>The head's warm-up on features computed once, in epochs, where <see cref="Head"/> is null. Default 10.</summary>
    public int WarmUpEpochs { get; init; } = 10;

    /// <summary>The head's learning rate in the warm-up. Default 0.01.</summary>
    public double HeadWarmUpLearningRate { get; init; } = 1e-2;

    /// <summary>The learning rate of the module and, after the warm-up, of the head. Default 0.002.</summary>
    public double LearningRate { get; init; } = 2e-3;

    /// <summary>AdamW's weight decay. Default 0.01.</summary>
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>How pictures are changed each time they are learned from. Default flips.</summary>
    public ImageAugmentation Augmentation { get; init; } = ImageAugmentation.Flip;

    /// <summary>Rank, alpha and dropout of the module.</summary>
    public LoraOptions Lora { get; init; } = new();

    /// <summary>The layers that the module adapts. Default query, key and value, as in section 5 of the paper.</summary>
    public IReadOnlyList<LinearRole> LoraRoles { get; init; } = LoraTuning.DefaultRoles;

    /// <summary>The seed of the random start and of the order of the samples. Default 0.</summary>
    public int Seed { get; init; }

    /// <summary>Checks every setting.</summary>
    /// <exception cref="ArgumentException">A setting lies outside its range.</exception>
    public void Validate()
    {
        Training.Validate();
        Lora.Validate();
        Head?.Validate();
        if (LoraRoles.Count == 0) throw new ArgumentException("There are no LoRA roles; give at least one layer to adapt.");
        if (WarmUpEpochs < 0) throw new ArgumentException($"The warm-up has {WarmUpEpochs} epochs; it must have at least 0.");
        foreach (double rate in new[] { HeadWarmUpLearningRate, LearningRate })
            if (!(rate > 0 && double.IsFinite(rate))) throw new ArgumentException($"A learning rate is {rate}; it must be positive.");
        if (!(WeightDecay >= 0 && double.IsFinite(WeightDecay))) throw new ArgumentException($"The weight decay is {WeightDecay}; it must be at least 0.");
    }
}

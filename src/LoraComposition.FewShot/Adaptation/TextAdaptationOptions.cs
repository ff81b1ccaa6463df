namespace LoraComposition.FewShot;

/// <summary>How a T5 is adapted to texts with labels, or to questions with choices.</summary>
public sealed record TextAdaptationOptions : AdaptationOptions
{
    /// <summary>The defaults: 200 steps of 8 texts, and rates for a T5.</summary>
    public TextAdaptationOptions() : base(AutomaticChoice.TextMethods, new TuningOptions { Training = new TrainingOptions { Steps = 200, BatchSize = 8 }, LoraLearningRate = 1e-3, EvaluationBatchSize = 32 })
    {
    }

    /// <summary>
    /// At most so many further texts of each label are held out to stop the training and to compare the methods; of questions with choices of their own five times as many
    /// in all. 0, or where there are none: the texts learned from take turns for it. Default 20.
    /// </summary>
    public int ValidationPerLabel { get; init; } = 20;

    /// <summary>The most tokens of a text and of an answer. Default 512 and 64.</summary>
    public TextLengths Lengths { get; init; } = new();

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        if (ValidationPerLabel < 0) throw new ArgumentException($"The validation texts per label are {ValidationPerLabel}; they must be at least 0.");
        Lengths.Validate();
    }
}

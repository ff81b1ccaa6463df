namespace LoraComposition.FewShot;

/// <summary>How a model is adapted to a folder of labelled images.</summary>
public sealed record ImageAdaptationOptions : AdaptationOptions
{
    /// <summary>The defaults.</summary>
    public ImageAdaptationOptions() : base(AutomaticChoice.Methods, new TuningOptions())
    {
    }

    /// <summary>
    /// At most so many further images of each class are held out to stop the training and to compare the methods; 0, or where there are none: the images learned
    /// from take turns for it. Default 20.
    /// </summary>
    public int ValidationPerClass { get; init; } = 20;

    /// <summary>
    /// Whether pictures that cannot be decoded are left out and others of their class taken in their place; the report lists them all. Default false: they are
    /// refused together, before anything is trained.
    /// </summary>
    public bool SkipDamaged { get; init; }

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        if (ValidationPerClass < 0) throw new ArgumentException($"The validation images per class are {ValidationPerClass}; they must be at least 0.");
    }
}

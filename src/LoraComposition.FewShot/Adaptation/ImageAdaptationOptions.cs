namespace LoraComposition.FewShot;

/// <summary>How a model is adapted to a folder of labelled images.</summary>
public sealed record ImageAdaptationOptions
{
    /// <summary>The images per class to learn from, K. Default 10.</summary>
    public int Shots { get; init; } = 10;

    /// <summary>At most so many further images of each class are held out to stop the training and to compare the methods. Default 20.</summary>
    public int ValidationPerClass { get; init; } = 20;

    /// <summary>The methods to try, each once. Default: learned and uniform composition, a LoRA from scratch, the classifier alone.</summary>
    public IReadOnlyList<ITuningMethod> Methods { get; init; } = [new LearnedComposition(), new UniformComposition(), new LoraFromScratch(), new ClassifierTuning()];

    /// <summary>The settings of the methods.</summary>
    public TuningOptions Tuning { get; init; } = new();

    /// <summary>The seed of the draw of images, of random starts and of the order of the samples. Default 0.</summary>
    public int Seed { get; init; }

    /// <summary>Checks every setting.</summary>
    /// <exception cref="ArgumentException">A setting lies outside its range, or a method changes the base's own weights.</exception>
    public void Validate()
    {
        if (Shots < 1) throw new ArgumentException($"The shots are {Shots}; they must be at least 1.");
        if (ValidationPerClass < 1) throw new ArgumentException($"The validation images per class are {ValidationPerClass}; they must be at least 1.");
        if (Methods.Count == 0) throw new ArgumentException("There is no method; give at least one.");
        if (Methods.GroupBy(m => m.Name).FirstOrDefault(g => g.Count() > 1) is { } twice) throw new ArgumentException($"The method '{twice.Key}' is given twice.");
        if (Methods.FirstOrDefault(m => !m.KeepsBase) is { } method) throw new ArgumentException($"The method '{method.Name}' changes the base's own weights; an adapter cannot hold that.");
        Tuning.Validate();
    }
}

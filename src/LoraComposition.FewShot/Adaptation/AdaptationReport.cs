namespace LoraComposition.FewShot;

/// <summary>What an adaptation tried, on which images, and what came out.</summary>
public sealed record AdaptationReport
{
    /// <summary>The method that was chosen, by the criterion that also stops a training; between equals the one with the fewest trained numbers.</summary>
    public required string Chosen { get; init; }

    /// <summary>The outcome in a few sentences.</summary>
    public string Verdict => AdaptationVerdict.Of(this);

    /// <summary>Every method, in the order in which they were tried.</summary>
    public required IReadOnlyList<MethodResult> Methods { get; init; }

    /// <summary>The chosen method against each of the others.</summary>
    public required IReadOnlyList<MethodComparison> Comparisons { get; init; }

    /// <summary>
    /// Whether the methods are compared by cross-validation: no image was held out, so those learned from took turns. Default false.
    /// </summary>
    public bool CrossValidated { get; init; }

    /// <summary>The number of images that the methods are compared on: those held out, or where there are none those learned from.</summary>
    public required int ValidationCount { get; init; }

    /// <summary>The chosen model on the test images; null where the data have none.</summary>
    public required TestScore? Test { get; init; }

    /// <summary>What makes the numbers doubtful: samples that were short, adapters that change nothing, a tiny base. Empty where nothing does.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>The classes in the order of the labels.</summary>
    public required IReadOnlyList<ClassSamples> Classes { get; init; }

    /// <summary>The files learned from, from the folder of the training images.</summary>
    public required IReadOnlyList<string> TrainingFiles { get; init; }

    /// <summary>The files held out, from the folder of the training images, or of the validation images where the data have such a part.</summary>
    public required IReadOnlyList<string> ValidationFiles { get; init; }

    /// <summary>The pictures that could not be decoded and were left out; empty where there were none.</summary>
    public IReadOnlyList<SkippedPicture> Skipped { get; init; } = [];

    /// <summary>The SHA-256 of the base's weights and of each adapter's, and the fingerprints of the data, by name.</summary>
    public required IReadOnlyDictionary<string, string> Inputs { get; init; }

    /// <summary>Every setting, the seed among them.</summary>
    public required AdaptationConfiguration Configuration { get; init; }

    /// <summary>The versions of what computed.</summary>
    public required IReadOnlyDictionary<string, string> Versions { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset StartedUtc { get; init; }

    /// <summary>The seconds it took, without saving.</summary>
    public required double Seconds { get; init; }
}

/// <summary>Every setting of an adaptation.</summary>
public sealed record AdaptationConfiguration
{
    /// <summary>The seed of the draw of images, of random starts and of the order of the samples.</summary>
    public required int Seed { get; init; }

    /// <summary>The images per class to learn from, K.</summary>
    public required int Shots { get; init; }

    /// <summary>The most further images of each class that are held out; 0 where none shall be.</summary>
    public required int ValidationPerClass { get; init; }

    /// <summary>The names of the methods that were tried.</summary>
    public required IReadOnlyList<string> Methods { get; init; }

    /// <summary>The settings of the methods.</summary>
    public required TuningOptions Tuning { get; init; }

    /// <summary>How images were made ready for the model.</summary>
    public required ImagePreprocessing Preprocessing { get; init; }

    /// <summary>What computed.</summary>
    public required string Device { get; init; }
}

/// <summary>What one method reached.</summary>
public sealed record MethodResult
{
    /// <summary>The method.</summary>
    public required string Method { get; init; }

    /// <summary>
    /// The part of the validation images that is classified correctly. The same images stopped the training, so it is somewhat too high. Null where nothing could
    /// be held out.
    /// </summary>
    public required double? ValidationAccuracy { get; init; }

    /// <summary>The mean cross-entropy on them; null where nothing could be held out.</summary>
    public required double? ValidationLoss { get; init; }

    /// <summary>The number of trained numbers besides the head's.</summary>
    public required long TrainableParameters { get; init; }

    /// <summary>The number of the head's.</summary>
    public required long HeadParameters { get; init; }

    /// <summary>The steps that were made after the warm-up.</summary>
    public required int Steps { get; init; }

    /// <summary>The step whose state was kept.</summary>
    public required int BestStep { get; init; }

    /// <summary>Whether the score had stopped rising before the last step.</summary>
    public required bool StoppedEarly { get; init; }

    /// <summary>The module that learned weights started from; null where it was the mean of all, or none were learned.</summary>
    public string? Start { get; init; }

    /// <summary>What the training left undone, in sentences; empty where nothing.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>The seconds that loading, warm-up and training took. The first method of a start also computes the features that the next one finds ready.</summary>
    public required IReadOnlyDictionary<string, double> Timings { get; init; }
}

/// <summary>The best method against another one, on the same validation images.</summary>
/// <param name="Other">The other method.</param>
/// <param name="Difference">By how much the best is more accurate; below 0 where the other is, and has the higher loss.</param>
/// <param name="Low">The lower end of the 95 % interval of the difference.</param>
/// <param name="High">The upper end.</param>
/// <param name="PValue">McNemar's mid-p-value: how often two equally good methods would differ so much on these images.</param>
/// <param name="AdjustedPValue">The same by Holm's correction for all the methods that the best is compared with.</param>
public sealed record MethodComparison(string Other, double Difference, double Low, double High, double PValue, double AdjustedPValue)
{
    /// <summary>Whether no difference can be seen: it may well be chance, by the adjusted p-value above 0.05.</summary>
    public bool IsTie => !(AdjustedPValue <= 0.05);

    internal static IReadOnlyList<MethodComparison> OfAll(IReadOnlyList<bool> best, IReadOnlyList<(string Method, IReadOnlyList<bool> Correct)> others)
    {
        var comparisons = others.Select(other => Of(other.Method, best, other.Correct)).ToArray();
        var adjusted = HolmCorrection.Adjust([.. comparisons.Select(c => c.PValue)]);
        return [.. comparisons.Zip(adjusted, (comparison, value) => comparison with { AdjustedPValue = value })];
    }

    // What both get right or wrong says nothing of the two.
    static MethodComparison Of(string other, IReadOnlyList<bool> best, IReadOnlyList<bool> others)
    {
        int onlyBest = best.Zip(others).Count(pair => pair is (true, false)), onlyOther = best.Zip(others).Count(pair => pair is (false, true));
        var (low, high) = McNemarTest.Interval(onlyBest, onlyOther, best.Count);
        double value = McNemarTest.MidP(onlyBest, onlyOther);
        return new MethodComparison(other, (double)(onlyBest - onlyOther) / best.Count, low, high, value, value);
    }
}

/// <summary>The chosen model on the test images, which were used for nothing else.</summary>
/// <param name="Count">The number of images.</param>
/// <param name="Accuracy">The part that is classified correctly.</param>
/// <param name="Loss">The mean cross-entropy.</param>
public sealed record TestScore(int Count, double Accuracy, double Loss)
{
    /// <summary>The lower end of the accuracy's 95 % interval (Wilson's).</summary>
    public double Low => WilsonInterval.Of(Accuracy, Count).Low;

    /// <summary>The upper end.</summary>
    public double High => WilsonInterval.Of(Accuracy, Count).High;
}

/// <summary>A picture that was left out.</summary>
/// <param name="Part">The part of the data: train, validation or test.</param>
/// <param name="Path">The file, from the folder of that part.</param>
/// <param name="Reason">Why it cannot be decoded.</param>
public sealed record SkippedPicture(string Part, string Path, string Reason);

/// <summary>How many images of one class were used.</summary>
/// <param name="Name">The class.</param>
/// <param name="Shots">The images learned from: K, or all where the class has fewer.</param>
/// <param name="Validation">The images held out.</param>
public sealed record ClassSamples(string Name, int Shots, int Validation);

using System.Text.Json.Serialization;
using static TorchSharp.torch;

namespace LoraComposition.FewShot;

/// <summary>What an adaptation tried, on which samples, and what came out.</summary>
public sealed record AdaptationReport
{
    /// <summary>The method that was chosen, by the criterion that also stops a training; between equals the one with the fewest trained numbers.</summary>
    public required string Chosen { get; init; }

    /// <summary>What was learned from. Default pictures.</summary>
    public SampleKind Kind { get; init; } = SampleKind.Images;

    /// <summary>The outcome in a few sentences.</summary>
    public string Verdict => AdaptationVerdict.Of(this);

    /// <summary>Every method, in the order in which they were tried.</summary>
    public required IReadOnlyList<MethodResult> Methods { get; init; }

    /// <summary>The chosen method against each of the others.</summary>
    public required IReadOnlyList<MethodComparison> Comparisons { get; init; }

    /// <summary>
    /// Whether the methods are compared by cross-validation: no sample was held out, so those learned from took turns. Default false.
    /// </summary>
    public bool CrossValidated { get; init; }

    /// <summary>The number of samples that the methods are compared on: those held out, or where there are none those learned from.</summary>
    public required int ValidationCount { get; init; }

    /// <summary>The chosen model on the test samples; null where the data have none.</summary>
    public required TestScore? Test { get; init; }

    /// <summary>What makes the numbers doubtful: samples that were short, adapters that change nothing, a tiny base. Empty where nothing does.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>The classes in the order of the labels; one line for questions of which each has its own choices.</summary>
    public required IReadOnlyList<ClassSamples> Classes { get; init; }

    /// <summary>The files learned from, from the folder of the training images; of texts their numbers in the file.</summary>
    public required IReadOnlyList<string> TrainingFiles { get; init; }

    /// <summary>The files held out, from the folder of the training images, or of the validation images where the data have such a part; of texts their numbers.</summary>
    public required IReadOnlyList<string> ValidationFiles { get; init; }

    /// <summary>The pictures or texts that cannot be used and were left out; empty where there were none.</summary>
    public IReadOnlyList<SkippedSample> Skipped { get; init; } = [];

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

    /// <summary>What those seconds went into: those of each phase, as <see cref="PhaseReading.ToSeconds"/> names them. Their sum is <see cref="Seconds"/>; empty in reports of earlier versions.</summary>
    public IReadOnlyDictionary<string, double> Timings { get; init; } = new Dictionary<string, double>();

    internal static AdaptationReport Of(string chosen, IReadOnlyList<MethodAttempt> attempts, AdaptedSamples samples, AdaptationConfiguration configuration, TestScore? test,
        IReadOnlyList<string> warnings, DateTimeOffset started, PhaseReading took)
    {
        var best = attempts.Single(attempt => attempt.Result.Method == chosen);
        bool crossValidated = samples.Validation.Count == 0;
        var timings = took.ToSeconds();
        return new AdaptationReport
        {
            Chosen = chosen,
            Kind = samples.Kind,
            Methods = [.. attempts.Select(attempt => attempt.Result)],
            Comparisons = MethodComparison.OfAll(best.Correct, [.. attempts.Where(attempt => attempt != best).Select(other => (other.Result.Method, other.Correct))]),
            CrossValidated = crossValidated,
            ValidationCount = crossValidated ? samples.Training.Count : samples.Validation.Count,
            Test = test,
            Warnings = warnings,
            Classes = samples.Classes,
            TrainingFiles = samples.Training,
            ValidationFiles = samples.Validation,
            Skipped = samples.Skipped,
            Inputs = samples.Inputs,
            Configuration = configuration,
            Versions = SoftwareVersions.Current,
            StartedUtc = started,
            Seconds = Math.Round(timings.Values.Sum(), 3),
            Timings = timings,
        };
    }
}

/// <summary>What a model is adapted to.</summary>
public enum SampleKind
{
    /// <summary>Pictures.</summary>
    Images,

    /// <summary>Texts with labels.</summary>
    Texts,

    /// <summary>Questions with choices of their own.</summary>
    Questions,
}

/// <summary>The samples of an adaptation, for its report.</summary>
sealed record AdaptedSamples(SampleKind Kind)
{
    public required IReadOnlyList<ClassSamples> Classes { get; init; }

    /// <summary>The names of those learned from.</summary>
    public required IReadOnlyList<string> Training { get; init; }

    /// <summary>The names of those held out.</summary>
    public required IReadOnlyList<string> Validation { get; init; }

    public IReadOnlyList<SkippedSample> Skipped { get; init; } = [];

    public required IReadOnlyDictionary<string, string> Inputs { get; init; }

    /// <summary>The hashes of all that goes into an adaptation, by name.</summary>
    public static IReadOnlyDictionary<string, string> InputsOf(BaseModelFolder baseModel, string train, string? validation, string? test, IReadOnlyList<LoraAdapter> modules)
    {
        var inputs = new Dictionary<string, string> { ["base"] = baseModel.Fingerprint, ["train"] = train };
        if (validation is not null) inputs["validation"] = validation;
        if (test is not null) inputs["test"] = test;
        foreach (var module in modules) inputs[$"adapter {module.Name}"] = module.Fingerprint ?? "made in memory";
        return inputs;
    }
}

/// <summary>Every setting of an adaptation.</summary>
public sealed record AdaptationConfiguration
{
    /// <summary>The seed of the draw of samples, of random starts and of the order of the samples.</summary>
    public required int Seed { get; init; }

    /// <summary>The samples to learn from, K: of each class, of questions in all.</summary>
    public required int Shots { get; init; }

    /// <summary>The most further samples of each class that are held out, of questions in all; 0 where none shall be.</summary>
    public required int ValidationPerClass { get; init; }

    /// <summary>The names of the methods that were tried.</summary>
    public required IReadOnlyList<string> Methods { get; init; }

    /// <summary>The settings of the methods.</summary>
    public required TuningOptions Tuning { get; init; }

    /// <summary>How images were made ready for the model; null for texts.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImagePreprocessing? Preprocessing { get; init; }

    /// <summary>How texts were written for the model; null for images.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TextReading? Text { get; init; }

    /// <summary>What computed.</summary>
    public required string Device { get; init; }

    /// <summary>The type that the base computed in while methods were tried: <c>Float32</c>, also in reports that do not say, or <c>BFloat16</c>. The model that is kept is in float32, and so is its test.</summary>
    public string Dtype { get; init; } = nameof(ScalarType.Float32);

    internal static AdaptationConfiguration Of(AdaptationOptions options, int validationPerClass, BaseModelFolder baseModel) => new()
    {
        Seed = options.Seed,
        Shots = options.Shots,
        ValidationPerClass = validationPerClass,
        Methods = [.. options.Methods.Select(m => m.Name)],
        Tuning = options.Tuning,
        Device = ComputeDevice.Describe(baseModel.Device),
        Dtype = $"{baseModel.Dtype}",
    };
}

/// <summary>What one method reached.</summary>
public sealed record MethodResult
{
    /// <summary>The method.</summary>
    public required string Method { get; init; }

    /// <summary>
    /// The part of the validation samples that is classified correctly. The same samples stopped the training, so it is somewhat too high. Null where nothing could
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

    /// <summary>The seconds of each phase of its training, as <see cref="PhaseReading.ToSeconds"/> names them. The first method of a start also computes the features that the next one finds ready.</summary>
    public required IReadOnlyDictionary<string, double> Timings { get; init; }
}

/// <summary>The best method against another one, on the same validation samples.</summary>
/// <param name="Other">The other method.</param>
/// <param name="Difference">By how much the best is more accurate; below 0 where the other is, and has the higher loss.</param>
/// <param name="Low">The lower end of the 95 % interval of the difference.</param>
/// <param name="High">The upper end.</param>
/// <param name="PValue">McNemar's mid-p-value: how often two equally good methods would differ so much on these samples.</param>
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

/// <summary>The chosen model on the test samples, which were used for nothing else.</summary>
/// <param name="Count">The number of samples.</param>
/// <param name="Accuracy">The part that is classified correctly.</param>
/// <param name="Loss">The mean cross-entropy.</param>
public sealed record TestScore(int Count, double Accuracy, double Loss)
{
    /// <summary>The lower end of the accuracy's 95 % interval (Wilson's).</summary>
    public double Low => WilsonInterval.Of(Accuracy, Count).Low;

    /// <summary>The upper end.</summary>
    public double High => WilsonInterval.Of(Accuracy, Count).High;
}

/// <summary>How many samples of one class were used.</summary>
/// <param name="Name">The class.</param>
/// <param name="Shots">The samples learned from: K, or all where the class has fewer.</param>
/// <param name="Validation">The samples held out.</param>
public sealed record ClassSamples(string Name, int Shots, int Validation);

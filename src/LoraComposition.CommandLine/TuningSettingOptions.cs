using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using LoraComposition.FewShot;

namespace LoraComposition.CommandLine;

/// <summary>The options that change how few-shot methods are trained.</summary>
public sealed class TuningSettingOptions
{
    const string Paper = "paper", Fitted = "fitted";
    static readonly TuningOptions defaults = new();

    readonly Option<string> protocol;
    readonly AugmentOption augment = new();
    readonly Option<int?> checks, patience;
    readonly Option<double?> headRate, composerRate, coefficientRate, residualRate, loraRate, fullRate, decay;
    readonly Option<string?> coefficientPenalties, mergeLambdas, mergeDensities;
    readonly Option<int?> loraHubEvaluations;

    /// <summary>Makes the options.</summary>
    public TuningSettingOptions()
    {
        protocol = new("--protocol")
        {
            Description = $"{Fitted}: the head is fitted with a penalty chosen by held-out loss, which also stops training; {Paper}: as arXiv:2402.15414, a warm-up of the head, stopping by accuracy and pictures as they are.",
            DefaultValueFactory = _ => Fitted,
        };
        checks = new("--checks") { Description = $"How many times a training looks at what is held out. Default {defaults.Training.Checks}, {Paper} {TuningOptions.Paper.Training.Checks}." };
        patience = new("--patience") { Description = $"After how many checks without a better one training stops. Default {defaults.Training.Patience}, {Paper} {TuningOptions.Paper.Training.Patience}." };
        headRate = Rate("--head-rate", "the head where other parameters train too", defaults.HeadLearningRate);
        composerRate = Rate("--composer-rate", "softmax weights", defaults.ComposerLearningRate);
        coefficientRate = Rate("--coefficient-rate", "free coefficients", defaults.CoefficientLearningRate);
        coefficientPenalties = new("--coefficient-penalties") { Description = $"How strongly free coefficients are drawn to where they start; of several the one of the lowest held-out loss is taken. Default {Listed(defaults.CoefficientPenalties)}." };
        mergeLambdas = new("--merge-lambdas") { Description = $"The factors in front of merged updates; of several the one of the lowest held-out loss is taken. Default {Listed(defaults.MergeLambdas)}." };
        mergeDensities = new("--merge-densities") { Description = $"The parts of the entries that ties, dare and the like keep; chosen as the factors are, each with each. Default {Listed(defaults.MergeDensities)}." };
        loraHubEvaluations = new("--lorahub-evaluations") { Description = $"The compositions that lorahub tries. Default {defaults.LoraHubEvaluations}." };
        residualRate = Rate("--residual-rate", "a LoRA on top of a composition", defaults.ResidualLearningRate);
        loraRate = Rate("--lora-rate", "a LoRA from scratch", defaults.LoraLearningRate);
        fullRate = Rate("--full-rate", "all weights", defaults.FullLearningRate);
        decay = new("--decay") { Description = $"AdamW's weight decay. Default {defaults.WeightDecay}." };
    }

    /// <summary>The options, in the order of the help.</summary>
    public IReadOnlyList<Option> All => [protocol, augment.Option, checks, patience, headRate, composerRate, coefficientRate, coefficientPenalties, mergeLambdas,
        mergeDensities, loraHubEvaluations, residualRate, loraRate, fullRate, decay];

    /// <summary>Reads and checks what was given.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="defaults">The settings of the default protocol.</param>
    /// <returns>The settings.</returns>
    /// <exception cref="UsageException">A value cannot be; the message names its option.</exception>
    public TuningOptions Read(ParseResult parsed, TuningOptions defaults)
    {
        ArgumentNullException.ThrowIfNull(parsed);
        ArgumentNullException.ThrowIfNull(defaults);
        var start = IsPaper(parsed) ? defaults with { Head = null, Training = AsPaper(defaults.Training) } : defaults;
        return start with
        {
            Augmentation = Augmentation(parsed),
            Training = start.Training with
            {
                Checks = OptionReading.AtLeast(parsed, checks, 1) ?? start.Training.Checks,
                Patience = OptionReading.AtLeast(parsed, patience, 1) ?? start.Training.Patience,
            },
            HeadLearningRate = OptionReading.Positive(parsed, headRate) ?? start.HeadLearningRate,
            ComposerLearningRate = OptionReading.Positive(parsed, composerRate) ?? start.ComposerLearningRate,
            CoefficientLearningRate = OptionReading.Positive(parsed, coefficientRate) ?? start.CoefficientLearningRate,
            CoefficientPenalties = Numbers(parsed, coefficientPenalties, value => value >= 0, "a number of at least 0") ?? start.CoefficientPenalties,
            MergeLambdas = Numbers(parsed, mergeLambdas, _ => true, "a number") ?? start.MergeLambdas,
            MergeDensities = Numbers(parsed, mergeDensities, value => value is > 0 and <= 1, "a number in (0, 1]") ?? start.MergeDensities,
            LoraHubEvaluations = OptionReading.AtLeast(parsed, loraHubEvaluations, 1) ?? start.LoraHubEvaluations,
            ResidualLearningRate = OptionReading.Positive(parsed, residualRate) ?? start.ResidualLearningRate,
            LoraLearningRate = OptionReading.Positive(parsed, loraRate) ?? start.LoraLearningRate,
            FullLearningRate = OptionReading.Positive(parsed, fullRate) ?? start.FullLearningRate,
            WeightDecay = OptionReading.NotNegative(parsed, decay) ?? start.WeightDecay,
        };
    }

    /// <summary>Reads what concerns the trainings of modules.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="defaults">The settings of the default protocol.</param>
    /// <returns>The settings.</returns>
    /// <exception cref="UsageException">A value cannot be; the message names its option.</exception>
    public ModuleTrainingOptions ReadUpstream(ParseResult parsed, ModuleTrainingOptions defaults)
    {
        ArgumentNullException.ThrowIfNull(parsed);
        ArgumentNullException.ThrowIfNull(defaults);
        var start = IsPaper(parsed) ? defaults with { Head = null, Training = AsPaper(defaults.Training) } : defaults;
        return start with { Augmentation = Augmentation(parsed) };
    }

    bool IsPaper(ParseResult parsed) => OptionReading.OneOf(parsed, protocol, Fitted, Paper) == Paper;

    ImageAugmentation Augmentation(ParseResult parsed)
    {
        var asked = augment.Read(parsed);
        return IsPaper(parsed) ? ImageAugmentation.None : asked;
    }

    // Length, batches and rates stay what the program says; the paper states none of them.
    static TrainingOptions AsPaper(TrainingOptions training) => training with
    {
        Checks = TuningOptions.Paper.Training.Checks,
        Patience = TuningOptions.Paper.Training.Patience,
        Criterion = TuningOptions.Paper.Training.Criterion,
    };

    static Option<double?> Rate(string name, string what, double value) =>
        new(name) { Description = FormattableString.Invariant($"The learning rate of {what}. Default {value}.") };

    static double[]? Numbers(ParseResult parsed, Option<string?> option, Func<double, bool> allowed, string expected) => parsed.GetValue(option) is not { } text ? null
        : [.. text.Split(',', StringSplitOptions.TrimEntries).Select(part =>
            double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && float.IsFinite((float)value) && allowed(value) ? value
                : throw new UsageException($"{option.Name} {text}: '{part}' is not {expected}."))];

    static string Listed(IReadOnlyList<double> numbers) => string.Join(',', numbers.Select(number => number.ToString(CultureInfo.InvariantCulture)));
}

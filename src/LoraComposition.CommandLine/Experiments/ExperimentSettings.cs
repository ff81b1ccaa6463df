using LoraComposition.Experiments;
using LoraComposition.FewShot;

namespace LoraComposition.CommandLine;

/// <summary>The options that all experiments share, read and checked.</summary>
public sealed record ExperimentSettings
{
    /// <summary>The base model's folder; it exists.</summary>
    public required string Model { get; init; }

    /// <summary>The numbers of samples; null for all.</summary>
    public required IReadOnlyList<int?> Shots { get; init; }

    /// <summary>The seeds.</summary>
    public required IReadOnlyList<int> Seeds { get; init; }

    /// <summary>The methods.</summary>
    public required IReadOnlyList<ITuningMethod> Methods { get; init; }

    /// <summary>The samples held out for early stopping.</summary>
    public required int Validation { get; init; }

    /// <summary>Where and how to compute.</summary>
    public required ComputeSettings Compute { get; init; }

    /// <summary>Whether the base model is the small one that comes with the program, so that results say little about modules.</summary>
    public bool IsDemonstration { get; init; }

    /// <summary>The folder of the results.</summary>
    public required string Out { get; init; }

    /// <summary>Whether to say what there is to do, and do nothing.</summary>
    public bool PlanOnly { get; init; }

    /// <summary>Which part of the runs to do.</summary>
    public WorkShard Shard { get; init; } = WorkShard.Whole;

    /// <summary>The processes that share the runs. The program that read the settings owns them.</summary>
    public ProcessGroup Processes { get; init; } = ProcessGroup.Alone();

    /// <summary>Whether to choose each method's learning rate on the validation part first.</summary>
    public bool Grid { get; init; }

    /// <summary>The settings of the methods.</summary>
    public required TuningOptions Tuning { get; init; }

    /// <summary>The settings of the modules.</summary>
    public required ModuleTrainingOptions Upstream { get; init; }

    /// <summary>The folder of the upstream modules, which several experiments may share; null for one in <see cref="Out"/>.</summary>
    public string? ModuleFolder { get; init; }

    /// <summary>
    /// The command that repeats the experiment, in the repository's root: with the arguments that were given, without those that choose a part of it.
    /// </summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>Where features of pictures are kept between runs; null for nowhere.</summary>
    public FeatureCache? Features { get; init; }

    /// <summary>What the time of the program goes into.</summary>
    public PhaseTimes Times { get; init; } = new();

    /// <summary>What a reader of the results must know of the data, a line each. It is kept beside them and shown with them.</summary>
    public IReadOnlyList<string> DataRemarks { get; init; } = [];

    /// <summary>Where the result files of the runs go.</summary>
    public string RunFolder => RunFolderOf(Out);

    /// <summary>Opens the base model of an experiment with images.</summary>
    /// <param name="cancellation">Stops before the weights are hashed.</param>
    /// <returns>The base model.</returns>
    /// <exception cref="ModelFileException">The model is missing, damaged, or not a ViT.</exception>
    /// <exception cref="DataException">The preprocessing cannot be honoured.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public ImageBaseModel OpenImageBase(CancellationToken cancellation = default)
    {
        using var loading = Times.Enter(RunPhase.Load);
        return ImageBaseModel.Open(Model, Compute.Dtype, Compute.Device, cancellation: cancellation).Keeping(Features);
    }

    internal static string RunFolderOf(string output) => Path.Combine(output, "runs");
}

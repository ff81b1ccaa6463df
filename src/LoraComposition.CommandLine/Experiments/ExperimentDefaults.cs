using LoraComposition.Experiments;
using LoraComposition.FewShot;

namespace LoraComposition.CommandLine;

/// <summary>What an experiment does where the command line does not say otherwise.</summary>
public sealed record ExperimentDefaults
{
    /// <summary>What tells this kind of experiment from the program's others, for example <c>text</c>; empty where there is one.</summary>
    public string Kind { get; init; } = "";

    /// <summary>The methods that can be asked for, in the order of the tables.</summary>
    public IReadOnlyList<ITuningMethod> KnownMethods { get; init; } = [.. TuningMethods.Vision, .. TuningMethods.VisionControls, .. TuningMethods.Compositions, .. TuningMethods.Rivals,
        .. TuningMethods.OtherRivals];

    /// <summary>The methods that are run. Default the paper's and the best single module, the mark of what composing is worth.</summary>
    public IReadOnlyList<ITuningMethod> Methods { get; init; } = [.. TuningMethods.Vision, new BestSingleModule()];

    /// <summary>The numbers of samples, as the command line spells them.</summary>
    public string Shots { get; init; } = "1,2,5,10";

    /// <summary>The samples held out for early stopping: per class of images, of all questions of a text task.</summary>
    public int Validation { get; init; } = 10;

    /// <summary>The layers of every LoRA, as the command line spells them.</summary>
    public string Targets { get; init; } = "q,k,v";

    /// <summary>The base model that comes with the program: a folder under <c>base-models</c>.</summary>
    public string Model { get; init; } = "vit-fractals";

    /// <summary>The folder of the results.</summary>
    public required string Out { get; init; }

    /// <summary>The settings of the methods that no option changes.</summary>
    public TuningOptions Tuning { get; init; } = new();

    /// <summary>The settings of the modules that no option changes.</summary>
    public ModuleTrainingOptions Upstream { get; init; } = new();
}

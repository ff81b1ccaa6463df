using System.CommandLine;
using System.CommandLine.Parsing;
using LabelShift.Studies;
using LoraComposition.CommandLine;
using LoraComposition.FewShot;

namespace LabelShift;

/// <summary>The options of the program, and how they become settings.</summary>
static class LabelShiftCommand
{
    static readonly ExperimentDefaults shiftDefaults = new() { Kind = "shift", Out = "results/label-shift", Tuning = new TuningOptions { Training = new TrainingOptions { Steps = 60 } } };
    static readonly ExperimentDefaults splitSizeDefaults = shiftDefaults with { Kind = "split-size", Out = "results/split-size", Shots = "5", Methods = [new UniformComposition(), new LearnedComposition()] };
    static readonly ExperimentDefaults entangledDefaults = splitSizeDefaults with { Kind = "entangled", Out = "results/entangled", Shots = "all" };

    static readonly LabelDataOptions dataOptions = new();
    static readonly Option<string> studyOption = new("--study") { Description = "shift (Fig. 3), split-size (Fig. 6: ever more and smaller upstream tasks) or entangled (Tab. 4: downstream labels that modules know).", DefaultValueFactory = _ => "shift" };
    static readonly Option<int> splitsOption = new("--splits") { Description = "shift and split-size: into how many sets the labels are split; split-size learns the last.", DefaultValueFactory = _ => 4 };
    static readonly Option<int> downstreamOption = new("--downstream") { Description = "shift: which set is learned from few images, 1 … splits; the others are the upstream tasks.", DefaultValueFactory = _ => 4 };
    static readonly ExperimentOptions shared = new("samples/LabelShift", [shiftDefaults, splitSizeDefaults, entangledDefaults], "A ViT in a model-hub folder (config.json, model.safetensors, preprocessor_config.json).", "Labelled images per class", "Images per class held out of train for early stopping.");

    const string Examples = """
        The label-shift experiment of arXiv:2402.15414 (Fig. 3): modules trained on some labels help to learn others from few images.

        Examples:
          dotnet run -c Release --project samples/LabelShift
          dotnet run -c Release --project samples/LabelShift -- --shots 1,5 --methods lora,learned --out results/quick
          dotnet run -c Release --project samples/LabelShift -- --study entangled --seeds 1
          dotnet run -c Release --project samples/LabelShift -- --data pets=my-pictures --splits 2 --downstream 2
          dotnet run -c Release --project samples/LabelShift -- --data cifar100=cifar-100-binary --model vit-base-patch32-224-in21k --shots 1,2,5,10,20,50,all --device cuda

        Exit codes: 0 done, 1 bad data, 2 wrong usage, 130 stopped with Ctrl+C.
        """;

    public static Task<int> InvokeAsync(string[] arguments) =>
        Create().Parse(arguments).InvokeWithExitCodesAsync("Stopped. What is finished is saved; the same command goes on from there.");

    static RootCommand Create()
    {
        var command = new RootCommand(Examples) { studyOption };
        foreach (var option in (Option[])[.. dataOptions.All, splitsOption, downstreamOption, .. shared.All]) command.Add(option);
        ProgramOptions.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            var settings = Read(parsed);
            return ExperimentInvocation.RunAsync(parsed, settings.Experiment, () => LabelShiftProgram.Run(settings, cancellation));
        });
        return command;
    }

    static LabelShiftSettings Read(ParseResult parsed)
    {
        var data = dataOptions.Read(parsed);
        int splits = OptionReading.AtLeast(parsed, splitsOption, 2), downstream = OptionReading.AtLeast(parsed, downstreamOption, 1);
        string name = parsed.GetValue(studyOption)!;
        if (name != "shift" && IsGiven(parsed, downstreamOption)) throw new UsageException($"--downstream is given with --study {name}, which has its own downstream labels.");
        if (name == "entangled" && IsGiven(parsed, splitsOption)) throw new UsageException("--splits is given with --study entangled, which has four modules.");
        if (name == "shift" && downstream > splits) throw new UsageException($"--downstream {downstream} is not one of the {splits} sets.");
        var (study, defaults) = ReadStudy(name);
        return new LabelShiftSettings { Study = study, Data = data, Splits = splits, Downstream = downstream, Experiment = shared.Read(parsed, defaults) };
    }

    static bool IsGiven(ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    static (IStudy, ExperimentDefaults) ReadStudy(string text) => text switch
    {
        "shift" => (new LabelShiftStudy(), shiftDefaults),
        "split-size" => (new SplitSizeStudy(), splitSizeDefaults),
        "entangled" => (new EntangledStudy(), entangledDefaults),
        _ => throw new UsageException($"--study {text}: expected shift, split-size or entangled."),
    };
}

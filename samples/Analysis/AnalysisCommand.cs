using System.CommandLine;
using System.CommandLine.Parsing;
using Analysis.Data;
using Analysis.Studies;
using LoraComposition.CommandLine;
using LoraComposition.FewShot;

namespace Analysis;

/// <summary>The options of the program, and how they become settings.</summary>
static class AnalysisCommand
{
    static readonly ExperimentDefaults subsetsDefaults = new()
    {
        Kind = "subsets",
        Out = "results/subsets",
        Shots = "20",
        Methods = [new FullFineTuning(), new LearnedComposition()],
        Tuning = new TuningOptions { Training = new TrainingOptions { Steps = 60 } },
    };
    static readonly ExperimentDefaults rankDefaults = subsetsDefaults with { Kind = "rank", Out = "results/rank", Methods = [new LoraFromScratch(), new UniformComposition(), new LearnedComposition()] };
    static readonly ExperimentDefaults layersDefaults = subsetsDefaults with { Kind = "layers", Out = "results/layers", KnownMethods = [new LearnedComposition()], Methods = [new LearnedComposition()] };

    static readonly Option<string> studyOption = new("--study") { Description = "subsets (Fig. 5: every subset of the modules), rank (Tab. 5) or layers (Fig. 7, 8: weights and CKA by layer and module).", DefaultValueFactory = _ => "subsets" };
    static readonly TaskOptions taskOptions = new();
    static readonly Option<string> ranksOption = new("--ranks") { Description = "The ranks of study rank, which passes over --rank.", DefaultValueFactory = _ => "4,8,16,32" };
    static readonly Option<int> imagesOption = new("--images") { Description = "The most downstream test images over which study layers compares modules.", DefaultValueFactory = _ => 256 };
    static readonly ExperimentOptions shared = new("samples/Analysis", [subsetsDefaults, rankDefaults, layersDefaults], "A ViT in a model-hub folder (config.json, model.safetensors, preprocessor_config.json).", "Labelled images per class, with real data all unless given", "Images per class held out of train for early stopping.");

    const string Examples = """
        The analyses of arXiv:2402.15414: what the number of modules, their rank and the layers have to do with the result.

        Examples:
          dotnet run -c Release --project samples/Analysis
          dotnet run -c Release --project samples/Analysis -- --study rank --ranks 4,16 --seeds 1
          dotnet run -c Release --project samples/Analysis -- --study layers --shots 20
          dotnet run -c Release --project samples/Analysis -- --study layers --upstream birds=my-birds,leaves=my-leaves --downstream shells=my-shells --shots 5
          dotnet run -c Release --project samples/Analysis -- --study layers --upstream cifar100=cifar-100-binary,eurosat=EuroSAT --downstream food101=food-101 --model vit-base-patch32-224-in21k --device cuda

        Exit codes: 0 done, 1 bad data, 2 wrong usage, 130 stopped with Ctrl+C.
        """;

    public static Task<int> InvokeAsync(string[] arguments) =>
        Create().Parse(arguments).InvokeWithExitCodesAsync("Stopped. What is finished is saved; the same command goes on from there.");

    static RootCommand Create()
    {
        var command = new RootCommand(Examples) { studyOption };
        foreach (var option in (Option[])[.. taskOptions.All, ranksOption, imagesOption, .. shared.All]) command.Add(option);
        ProgramOptions.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            var settings = Read(parsed);
            return ExperimentInvocation.RunAsync(parsed, settings.Experiment, () => AnalysisProgram.Run(settings, cancellation));
        });
        return command;
    }

    static AnalysisSettings Read(ParseResult parsed)
    {
        var (tasks, embedded) = taskOptions.Read(parsed);
        var (study, defaults) = ReadStudy(parsed);
        var experiment = shared.Read(parsed, embedded ? defaults : defaults with { Shots = "all" });
        if (study is SubsetsStudy)
        {
            if (tasks.UpstreamCount > SubsetsStudy.MostModules)
                throw new UsageException($"--study subsets: {tasks.UpstreamCount} modules have {(tasks.UpstreamCount < 63 ? $"{(1L << tasks.UpstreamCount) - 1:N0}" : "too many")} subsets, each of them a run; give at most {SubsetsStudy.MostModules} with --upstream, or --splits {SubsetsStudy.MostModules + 1} at most.");
            if (!experiment.Methods.Any(method => method.NeedsModules)) throw new UsageException("--methods: study subsets needs a method that composes modules, uniform or learned.");
        }
        return new AnalysisSettings { Data = tasks, Study = study, Experiment = experiment };
    }

    static (IStudy, ExperimentDefaults) ReadStudy(ParseResult parsed)
    {
        var ranks = ReadRanks(parsed.GetValue(ranksOption)!);
        int images = OptionReading.AtLeast(parsed, imagesOption, 2);
        return parsed.GetValue(studyOption) switch
        {
            "subsets" => (new SubsetsStudy(), subsetsDefaults),
            "rank" => (new RankStudy(ranks), rankDefaults),
            "layers" => (new LayersStudy(images), layersDefaults),
            var other => throw new UsageException($"--study {other}: expected subsets, rank or layers."),
        };
    }

    static int[] ReadRanks(string text)
    {
        int[] ranks = [.. text.Split(',', StringSplitOptions.TrimEntries).Select(part => int.TryParse(part, out int rank) && rank > 0 ? rank : throw new UsageException($"--ranks {text}: '{part}' is not a positive number."))];
        return ranks.Distinct().Count() == ranks.Length ? ranks : throw new UsageException($"--ranks {text}: a rank occurs twice.");
    }
}

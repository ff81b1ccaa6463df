using System.CommandLine;
using System.CommandLine.Parsing;
using LoraComposition.CommandLine;
using LoraComposition.Experiments;
using LoraComposition.FewShot;
using TaskShift.Text;
using TaskShift.Vision;

namespace TaskShift;

/// <summary>The options of the program, and how they become settings.</summary>
static class TaskShiftCommand
{
    static readonly ExperimentDefaults textDefaults = new()
    {
        Kind = "text",
        KnownMethods = [.. TuningMethods.Text, .. TuningMethods.Compositions, .. TuningMethods.Rivals, new ArrowRouting()],
        Methods = TuningMethods.Text,
        Shots = "1,2,3,4,5",
        Validation = 50,
        Targets = "q,v",
        Model = "t5-questions",
        Out = "results/task-shift-text",
        Tuning = new TuningOptions { Training = new TrainingOptions { Steps = 40 }, LoraLearningRate = 3e-3, FullLearningRate = 3e-4 },
    };

    static readonly ExperimentDefaults visionDefaults = new() { Kind = "vision", Out = "results/task-shift", Shots = "1,5", Validation = 5, Tuning = new TuningOptions { Training = new TrainingOptions { Steps = 40 } } };

    static readonly Option<string> modality = new("--modality") { Description = "vision: images that a ViT classifies (Fig. 4), or text: questions whose answers a T5 writes (Tab. 2).", DefaultValueFactory = _ => "text" };
    static readonly Option<string> dataOption = new("--data")
    {
        Description = $"embedded (made by formula, nothing to download); text: crossfit (the files of {string.Join(", ", CrossFitTasks.Folders)}); vision: at least two of {string.Join(", ", ImageBenchmarks.All.Select(b => b.Name))}, as NAME=DIR,NAME=DIR.",
        DefaultValueFactory = _ => "embedded",
    };
    static readonly Option<string?> dataPath = new("--path") { Description = "text: the folder of the data, with a sub-folder for each data set." };
    static readonly Option<string?> downstreamOption = new("--downstream") { Description = "vision: the data set to learn from few images, with modules of the others. Default: each in turn." };
    static readonly Option<int?> maxLength = new("--max-length") { Description = "text: the most tokens of a question with its options and context; longer ones lose their end. Default: 512." };
    static readonly ExperimentOptions shared = new("samples/TaskShift", [textDefaults, visionDefaults], "A model-hub folder: a T5 with spiece.model, or a ViT with preprocessor_config.json.", "Labelled samples: questions in all, or images per class", "Samples held out of train for early stopping: questions in all, or images per class.");

    const string Examples = """
        The task-shift experiments of arXiv:2402.15414 (Fig. 1 and 4, Tab. 2 and 6): modules trained on some tasks help to learn another one from few labelled samples.

        Examples:
          dotnet run -c Release --project samples/TaskShift
          dotnet run -c Release --project samples/TaskShift -- --shots 1,5 --methods lora,learned --out results/quick
          dotnet run -c Release --project samples/TaskShift -- --modality text --data crossfit --path nlp --model flan-t5-large --dtype bfloat16 --device cuda
          dotnet run -c Release --project samples/TaskShift -- --modality vision --downstream glyphs
          dotnet run -c Release --project samples/TaskShift -- --modality vision --data cifar100=cifar-100-binary,eurosat=EuroSAT,food101=food-101 --model vit-base-patch32-224-in21k --device cuda

        Exit codes: 0 done, 1 bad data, 2 wrong usage, 130 stopped with Ctrl+C.
        """;

    public static Task<int> InvokeAsync(string[] arguments) =>
        Create().Parse(arguments).InvokeWithExitCodesAsync("Stopped. What is finished is saved; the same command goes on from there.");

    static RootCommand Create()
    {
        var command = new RootCommand(Examples) { modality, dataOption, dataPath, downstreamOption, maxLength };
        foreach (var option in shared.All) command.Add(option);
        ProgramOptions.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            var run = Read(parsed);
            // Ctrl+C is listened to only once the action has returned its task.
            return Task.Run(() =>
            {
                run(cancellation);
                return ExitCodes.Done;
            }, CancellationToken.None);
        });
        return command;
    }

    static Action<CancellationToken> Read(ParseResult parsed)
    {
        switch (parsed.GetValue(modality))
        {
            case "text":
                var text = ReadText(parsed);
                return cancellation => TextTaskShift.Run(text, cancellation);
            case "vision":
                var vision = ReadVision(parsed);
                return cancellation => VisionTaskShift.Run(vision, cancellation);
            case var other:
                throw new UsageException($"--modality {other}: expected text or vision.");
        }
    }

    static TextTaskShiftSettings ReadText(ParseResult parsed)
    {
        if (parsed.GetValue(downstreamOption) is { } downstream) throw new UsageException($"--downstream {downstream} is given without --modality vision.");
        string? path = parsed.GetValue(dataPath);
        switch (parsed.GetValue(dataOption)!.ToLowerInvariant())
        {
            case "embedded" when path is not null: throw new UsageException("--path is given without --data crossfit.");
            case "embedded": break;
            case "crossfit" when path is null: throw new UsageException("--data crossfit needs --path, the folder of the data.");
            case "crossfit" when !Directory.Exists(path): throw new UsageException($"--path {path}: there is no such folder.");
            case "crossfit": break;
            default: throw new UsageException($"--data {parsed.GetValue(dataOption)}: expected embedded or crossfit.");
        }
        return new TextTaskShiftSettings { CrossFitFolder = path, MaxLength = OptionReading.AtLeast(parsed, maxLength, 1) ?? 512, Experiment = shared.Read(parsed, textDefaults) };
    }

    static VisionTaskShiftSettings ReadVision(ParseResult parsed)
    {
        if (parsed.GetValue(dataPath) is not null) throw new UsageException("--path is for text; name the folders in --data, as NAME=DIR.");
        if (parsed.GetValue(maxLength) is not null) throw new UsageException("--max-length is for text.");
        string data = parsed.GetValue(dataOption)!;
        var sets = data == "embedded" ? [] : BenchmarkFolder.ReadList("--data", data);
        if (sets.Count == 1) throw new UsageException($"--data {data}: expected at least two data sets, one to learn and others to train modules for.");
        string[] names = sets.Count == 0 ? [.. EmbeddedImages.Names] : [.. sets.Select(s => s.Benchmark.Name)];
        if (parsed.GetValue(downstreamOption) is { } downstream && !names.Contains(downstream)) throw new UsageException($"--downstream {downstream}: expected one of {string.Join(", ", names)}.");
        return new VisionTaskShiftSettings { Data = sets, Downstream = parsed.GetValue(downstreamOption), Experiment = shared.Read(parsed, visionDefaults) };
    }
}

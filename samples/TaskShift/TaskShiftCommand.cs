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
        KnownMethods = [.. TuningMethods.Text, new BestSingleModule(), .. TuningMethods.Compositions, .. TuningMethods.Rivals, .. TuningMethods.OtherRivals],
        Methods = TuningMethods.Text,
        Shots = "1,2,3,4,5",
        Validation = 50,
        Targets = "q,v",
        Model = "t5-questions",
        Out = "results/task-shift-text",
        Tuning = new TuningOptions { Training = new TrainingOptions { Steps = 40 }, LoraLearningRate = 3e-3, FullLearningRate = 3e-4 },
    };

    static readonly ExperimentDefaults visionDefaults = new() { Kind = "vision", Out = "results/task-shift", Shots = "1,5", Validation = 5, Tuning = new TuningOptions { Training = new TrainingOptions { Steps = 40 } } };

    const string Embedded = "embedded";

    static readonly Option<string> modality = new("--modality") { Description = "vision: images that a ViT classifies (Fig. 4), or text: questions whose answers a T5 writes (Tab. 2).", DefaultValueFactory = _ => "text" };
    static readonly Option<string> dataOption = new("--data")
    {
        Description = $"embedded (made by formula, nothing to download); text: crossfit (the files of {string.Join(", ", CrossFitTasks.Folders)}), or your own, NAME=FILE,NAME=FILE with .jsonl, .json or .csv files of text and label, or question, choices and answer; vision: NAME=DIR,NAME=DIR, published data sets by their names ({string.Join(", ", ImageBenchmarks.All.Select(b => b.Name))}), or under any other name your own, <class>/* with or without train/ and test/.",
        DefaultValueFactory = _ => Embedded,
    };
    static readonly Option<string?> dataPath = new("--path") { Description = "text: the folder of --data crossfit, with a sub-folder for each data set." };
    static readonly Option<string?> upstreamOption = new("--upstream") { Description = "The data sets to train modules for, with commas between: names of --data, or NAME=DIR and NAME=FILE as there. Default: all others." };
    static readonly Option<string?> downstreamOption = new("--downstream") { Description = "The data set to learn from few samples, in the same way. Default: each in turn that is not upstream." };
    static readonly Option<int?> maxLength = new("--max-length") { Description = "text: the most tokens of a question with its options and context; longer ones lose their end. Default: 512." };
    static readonly ExperimentOptions shared = new("samples/TaskShift", [textDefaults, visionDefaults], "A model-hub folder: a T5 with spiece.model, or a ViT with preprocessor_config.json.", "Labelled samples: questions in all, or images per class", "Samples held out of train for early stopping: questions in all, or images per class.");

    const string Examples = """
        The task-shift experiments of arXiv:2402.15414 (Fig. 1 and 4, Tab. 2 and 6): modules trained on some tasks help to learn another one from few labelled samples.

        Examples:
          dotnet run -c Release --project samples/TaskShift
          dotnet run -c Release --project samples/TaskShift -- --shots 1,5 --methods lora,learned --out results/quick
          dotnet run -c Release --project samples/TaskShift -- --modality text --data crossfit --path nlp --model flan-t5-large --dtype bfloat16 --device cuda
          dotnet run -c Release --project samples/TaskShift -- --modality vision --downstream glyphs
          dotnet run -c Release --project samples/TaskShift -- --modality text --data mails=mails.jsonl,quiz=quiz.csv,reviews=reviews.jsonl --downstream reviews --validation 10
          dotnet run -c Release --project samples/TaskShift -- --modality vision --upstream birds=my-birds,leaves=my-leaves --downstream shells=my-shells
          dotnet run -c Release --project samples/TaskShift -- --modality vision --data cifar100=cifar-100-binary,eurosat=EuroSAT,food101=food-101 --model vit-base-patch32-224-in21k --device cuda

        Exit codes: 0 done, 1 bad data, 2 wrong usage, 130 stopped with Ctrl+C.
        """;

    public static Task<int> InvokeAsync(string[] arguments) =>
        Create().Parse(arguments).InvokeWithExitCodesAsync("Stopped. What is finished is saved; the same command goes on from there.");

    static RootCommand Create()
    {
        var command = new RootCommand(Examples) { modality, dataOption, dataPath, upstreamOption, downstreamOption, maxLength };
        foreach (var option in shared.All) command.Add(option);
        ProgramOptions.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            var (run, experiment) = Read(parsed);
            return ExperimentInvocation.RunAsync(parsed, experiment, () => run(cancellation));
        });
        return command;
    }

    static (Action<CancellationToken> Run, ExperimentSettings Experiment) Read(ParseResult parsed)
    {
        switch (parsed.GetValue(modality))
        {
            case "text":
                var text = ReadText(parsed);
                return (cancellation => TextTaskShift.Run(text, cancellation), text.Experiment);
            case "vision":
                var vision = ReadVision(parsed);
                return (cancellation => VisionTaskShift.Run(vision, cancellation), vision.Experiment);
            case var other:
                throw new UsageException($"--modality {other}: expected text or vision.");
        }
    }

    static TextTaskShiftSettings ReadText(ParseResult parsed)
    {
        string data = parsed.GetValue(dataOption)!;
        string? path = parsed.GetValue(dataPath);
        var (upstream, downstream) = (parsed.GetValue(upstreamOption), parsed.GetValue(downstreamOption));
        NamedData? own = null;
        if (IsNamed(data, upstream, downstream))
        {
            own = NamedData.Read(NamedDataKind.Texts, data == Embedded ? null : data, upstream, downstream);
            if (path is not null) throw new UsageException("--path is given with data that names its files already.");
        }
        else if ((upstream is null ? downstreamOption : upstreamOption, upstream ?? downstream) is (var option, { } chosen))
            throw new UsageException($"{option.Name} {chosen}: what is learned of embedded and crossfit is fixed; it chooses among --data NAME=FILE,NAME=FILE, or with --modality vision.");
        else CheckKnown(data, path);
        return new TextTaskShiftSettings { Own = own, CrossFitFolder = path, MaxLength = OptionReading.AtLeast(parsed, maxLength, 1) ?? 512, Experiment = shared.Read(parsed, textDefaults) };
    }

    static void CheckKnown(string data, string? path)
    {
        switch (data.ToLowerInvariant())
        {
            case Embedded when path is not null: throw new UsageException("--path is given without --data crossfit.");
            case "crossfit" when path is null: throw new UsageException("--data crossfit needs --path, the folder of the data.");
            case "crossfit" when !Directory.Exists(path): throw new UsageException($"--path {path}: there is no such folder.");
            case Embedded or "crossfit": break;
            default: throw new UsageException($"--data {data}: expected embedded, crossfit or NAME=FILE,NAME=FILE.");
        }
    }

    static VisionTaskShiftSettings ReadVision(ParseResult parsed)
    {
        if (parsed.GetValue(dataPath) is not null) throw new UsageException("--path is for text; name the folders in --data, as NAME=DIR.");
        if (parsed.GetValue(maxLength) is not null) throw new UsageException("--max-length is for text.");
        string data = parsed.GetValue(dataOption)!;
        var (upstream, downstream) = (parsed.GetValue(upstreamOption), parsed.GetValue(downstreamOption));
        var (sets, choice) = data != Embedded || IsNamed(data, upstream, downstream) ? NamedData.Read(NamedDataKind.Images, data == Embedded ? null : data, upstream, downstream)
            : new([], TransferChoice.Read(EmbeddedImages.Names, upstream, downstream));
        return new VisionTaskShiftSettings { Data = sets, Choice = choice, Experiment = shared.Read(parsed, visionDefaults) };
    }

    static bool IsNamed(params IEnumerable<string?> texts) => texts.OfType<string>().Any(NamedPath.Is);
}

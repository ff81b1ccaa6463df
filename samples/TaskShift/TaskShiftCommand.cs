using System.CommandLine;
using System.CommandLine.Parsing;
using LoraComposition.CommandLine;
using LoraComposition.CommandLine.Experiments;
using LoraComposition.FewShot.Methods;
using LoraComposition.FewShot.Training;
using TaskShift.Text;

namespace TaskShift;

/// <summary>The options of the program, and how they become settings.</summary>
static class TaskShiftCommand
{
    static readonly ExperimentDefaults TextDefaults = new()
    {
        Kind = "text",
        KnownMethods = TuningMethods.Text,
        Methods = TuningMethods.Text,
        Shots = "1,2,3,4,5",
        Validation = 50,
        Targets = "q,v",
        Model = "t5-questions",
        Out = "results/task-shift-text",
        Tuning = new TuningOptions { Training = new TrainingOptions { Steps = 40 }, LoraLearningRate = 3e-3, FullLearningRate = 3e-4 },
    };

    static readonly Option<string> Modality = new("--modality") { Description = "text: questions whose answers a T5 writes.", DefaultValueFactory = _ => "text" };
    static readonly Option<string> Data = new("--data") { Description = "embedded (procedural questions, nothing to download) or crossfit (the files of ARC-Challenge, CommonsenseQA, QuAIL and SciQ).", DefaultValueFactory = _ => "embedded" };
    static readonly Option<string?> DataPath = new("--path") { Description = $"The folder of the data, with a sub-folder for each data set: {string.Join(", ", CrossFitTasks.Folders)}." };
    static readonly Option<int> MaxLength = new("--max-length") { Description = "The most tokens of a question with its options and context; longer ones lose their end.", DefaultValueFactory = _ => 512 };
    static readonly ExperimentOptions Shared = new([TextDefaults], "A T5 in a model-hub folder (config.json, model.safetensors, spiece.model).", "Labelled questions in all", "Questions held out of train for early stopping.");

    const string Examples = """
        The task-shift experiment of arXiv:2402.15414 (Tab. 2): modules trained on some tasks help to learn another one from few labelled samples.

        Examples:
          dotnet run -c Release --project samples/TaskShift
          dotnet run -c Release --project samples/TaskShift -- --shots 1,5 --methods lora,learned --out results/quick
          dotnet run -c Release --project samples/TaskShift -- --modality text --data crossfit --path nlp --model flan-t5-large --dtype bfloat16 --device cuda

        Exit codes: 0 done, 1 bad data, 2 wrong usage, 130 stopped with Ctrl+C.
        """;

    public static Task<int> InvokeAsync(string[] arguments) =>
        Create().Parse(arguments).InvokeWithExitCodesAsync("Stopped. What is finished is saved; the same command goes on from there.");

    static RootCommand Create()
    {
        var command = new RootCommand(Examples) { Modality, Data, DataPath, MaxLength };
        foreach (var option in Shared.All) command.Add(option);
        command.SetAction((parsed, cancellation) =>
        {
            var settings = Read(parsed);
            // Ctrl+C is listened to only once the action has returned its task.
            return Task.Run(() =>
            {
                TextTaskShift.Run(settings, cancellation);
                return ExitCodes.Done;
            }, CancellationToken.None);
        });
        return command;
    }

    static TextTaskShiftSettings Read(ParseResult parsed)
    {
        if (parsed.GetValue(Modality) is not "text" and var modality) throw new UsageException($"--modality {modality}: expected text.");
        string? path = parsed.GetValue(DataPath);
        switch (parsed.GetValue(Data)!.ToLowerInvariant())
        {
            case "embedded" when path is not null: throw new UsageException("--path is given without --data crossfit.");
            case "embedded": break;
            case "crossfit" when path is null: throw new UsageException("--data crossfit needs --path, the folder of the data.");
            case "crossfit" when !Directory.Exists(path): throw new UsageException($"--path {path}: there is no such folder.");
            case "crossfit": break;
            default: throw new UsageException($"--data {parsed.GetValue(Data)}: expected embedded or crossfit.");
        }
        return new TextTaskShiftSettings { CrossFitFolder = path, MaxLength = OptionReading.AtLeast(parsed, MaxLength, 1), Experiment = Shared.Read(parsed, TextDefaults) };
    }
}

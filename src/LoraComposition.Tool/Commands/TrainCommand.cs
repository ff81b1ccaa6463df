using System.CommandLine;
using System.CommandLine.Parsing;
using LoraComposition.CommandLine;
using LoraComposition.Experiments;
using LoraComposition.FewShot;
using Microsoft.Extensions.Logging;
using Spectre.Console;

namespace LoraComposition.Tool;

/// <summary><c>train</c>: makes a LoRA module of labelled images or texts.</summary>
static class TrainCommand
{
    static readonly ModuleTrainingOptions defaults = new() { Training = new TrainingOptions { Steps = null, Epochs = 10, BatchSize = 32, Checks = 20, Patience = 6 } };

    static readonly Option<string> baseFolder = CommonOptions.Base();
    static readonly Option<string> data = new("--data")
    {
        Description = "Labelled images for a ViT: a folder <class>/*, or train/<class>/*. Texts for a T5: a .jsonl, .json or .csv file with text and label, or with question, choices and answer; of a folder with such files the one called train.",
        HelpName = "DIR|FILE",
        Required = true,
    };
    static readonly Option<string?> name = new("--name") { Description = "What to call the module. Default: the name of the folder in --out.", HelpName = "NAME" };
    static readonly Option<int> rank = new("--rank") { Description = "The rank of a LoRA from scratch.", DefaultValueFactory = _ => defaults.Lora.Rank };
    static readonly Option<double?> alpha = new("--alpha") { Description = "The numerator of the scaling alpha/rank. Default: the rank." };
    static readonly Option<bool> rsLora = new("--rslora") { Description = "Scale by alpha/√rank (rank-stabilised LoRA)." };
    static readonly Option<double> dropout = new("--dropout") { Description = "The part of the inputs of the update that is dropped in training, in [0, 1).", DefaultValueFactory = _ => 0 };
    static readonly Option<string> targets = new("--targets") { Description = TargetsReading.Description, DefaultValueFactory = _ => "q,k,v" };
    static readonly Option<int> epochs = new("--epochs") { Description = "Passes over the images at most; training stops early by the loss on the images held out.", DefaultValueFactory = _ => defaults.Training.Epochs };
    static readonly Option<int> batch = new("--batch") { Description = "The images in a step.", DefaultValueFactory = _ => defaults.Training.BatchSize };
    static readonly Option<double> rate = new("--rate") { Description = "The learning rate.", DefaultValueFactory = _ => defaults.LearningRate };
    static readonly Option<double> decay = new("--decay") { Description = "AdamW's weight decay.", DefaultValueFactory = _ => defaults.WeightDecay };
    static readonly Option<int> checks = new("--checks") { Description = "How many times a training looks at what is held out. It is then kept for --resume.", DefaultValueFactory = _ => defaults.Training.Checks };
    static readonly Option<int> patience = new("--patience") { Description = "After how many checks without a better one training stops.", DefaultValueFactory = _ => defaults.Training.Patience };
    static readonly Option<double> validation = new("--validation") { Description = "The part of each class's images that is held out, in [0, 1). 0: nothing is, and the last state is kept.", DefaultValueFactory = _ => 0.1 };
    static readonly AugmentOption augment = new();
    static readonly Option<bool> asStored = CommonOptions.AsStored();
    static readonly Option<bool> skipDamaged = CommonOptions.SkipDamaged();
    static readonly Option<int> seed = CommonOptions.Seed();
    static readonly Option<bool> resume = new("--resume") { Description = "Go on with the training that was stopped, where there is one; give the same data and settings. The result is that of a training that was never stopped." };
    static readonly ComputeOptions compute = new();
    static readonly Option<string> output = CommonOptions.Out();
    static readonly Option<bool> force = new("--force") { Description = "Write into a folder that is not empty; files of the same names are replaced, others are left. A module that learned nothing is written too." };

    const string Description = "Trains a LoRA module on a folder of labelled images, with its head, or on a file of texts, for compose and adapt. Writes a PEFT folder with a model card and the curve of the training.";

    const string Examples = """
        lora-compose train --base vit-base-patch32-224-in21k --data flowers --out adapters/flowers
        lora-compose train --base vit-base-patch32-224-in21k --data flowers --rank 8 --epochs 20 --out adapters/flowers --resume
        lora-compose train --base flan-t5-base --data reviews.jsonl --out adapters/reviews
        """;

    public static Command Create()
    {
        var command = new ToolCommand("train", Description, Examples)
        {
            baseFolder, data, name, rank, alpha, rsLora, dropout, targets, epochs, batch, rate, decay, checks, patience, validation, augment.Option, asStored, skipDamaged, seed, resume, output, force,
        };
        foreach (var option in compute.All) command.Add(option);
        command.SetAction((parsed, cancellation) =>
        {
            var options = Read(parsed);
            var place = compute.Read(parsed);
            // Ctrl+C is listened to only once the action has returned its task.
            return Task.Run(() => Run(parsed, options, place, cancellation), CancellationToken.None);
        });
        return command;
    }

    static ModuleTrainingOptions Read(ParseResult parsed)
    {
        OutputFolder.Read(parsed, output, force);
        OptionReading.PartBelowOne(parsed, validation);
        return defaults with
        {
            Lora = new LoraOptions { Rank = OptionReading.AtLeast(parsed, rank, 1), Alpha = OptionReading.Positive(parsed, alpha), RankStabilised = parsed.GetValue(rsLora), Dropout = OptionReading.PartBelowOne(parsed, dropout) },
            LoraRoles = TargetsReading.Read(targets.Name, parsed.GetValue(targets)!),
            LearningRate = OptionReading.Positive(parsed, rate),
            WeightDecay = OptionReading.NotNegative(parsed, decay),
            Augmentation = augment.Read(parsed),
            Seed = parsed.GetValue(seed),
            Training = defaults.Training with
            {
                Epochs = OptionReading.AtLeast(parsed, epochs, 1),
                BatchSize = OptionReading.AtLeast(parsed, batch, 1),
                Checks = OptionReading.AtLeast(parsed, checks, 1),
                Patience = OptionReading.AtLeast(parsed, patience, 1),
            },
        };
    }

    static int Run(ParseResult parsed, ModuleTrainingOptions options, ComputeSettings place, CancellationToken cancellation)
    {
        place.Apply();
        string folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(parsed.GetValue(output)!));
        using var progress = ProgressReporter.ForStandardError();
        var logger = ErrorLog.For(parsed, progress.Report);
        string home = HubInputs.Folder(parsed, parsed.GetValue(baseFolder)!, progress, cancellation);
        var (key, train) = OwnTextSplits.Is(parsed.GetValue(data)!) ? Texts(parsed, home, options, place, logger, cancellation) : Pictures(parsed, home, options, place, logger, cancellation);
        var state = new TrainingStateFile(folder + ".training-state", key, parsed.GetValue(resume));
        if (state.Exists)
            progress.Report(parsed.GetValue(resume) ? $"Going on with {state.Path}." : $"warning: {state.Path} is of a training that was stopped; this one starts anew. --resume would go on with it.");
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        foreach (string leftover in OutputFolder.RemoveLeftovers(folder)) progress.Report($"warning: {leftover}");
        using var trained = train(parsed.GetValue(name) ?? Path.GetFileName(folder), state, progress);
        cancellation.ThrowIfCancellationRequested();
        if (trained.Module.IsZero && !parsed.GetValue(force))
        {
            state.Delete();
            throw new UntrainedModuleException($"The module learned nothing: no state of the training had a lower loss on what was held out than its start. Nothing was written. Give another --rate, more --epochs or more data, or --force to write it all the same.");
        }
        trained.Save(folder, parsed.GetValue(force), Command(parsed), staging => TrainingCurve.Save(trained.Report.Outcome, $"Module {trained.Report.Name}", Path.Combine(staging, "curve")));
        state.Delete();
        ToolOutput.Write(parsed, trained.Report, (console, report) => Show(console, report, parsed.GetValue(output)!));
        return ExitCodes.Done;
    }

    static (string Key, Func<string, TrainingStateFile, IProgressReporter, TrainedModule> Train) Pictures(ParseResult parsed, string home, ModuleTrainingOptions options, ComputeSettings place, ILogger? logger,
        CancellationToken cancellation)
    {
        var images = ImageFolderSplits.Open(parsed.GetValue(data)!);
        var baseModel = ImageBaseModel.Open(home, place.Dtype, place.Device, logger, cancellation);
        if (parsed.GetValue(asStored)) baseModel = baseModel.With(baseModel.Preprocessing with { Upright = false });
        var run = new ImageModuleRun(baseModel, options, parsed.GetValue(validation), parsed.GetValue(skipDamaged), logger);
        return (run.KeyOf(images), (name, state, progress) => run.Run(name, images, state, progress, cancellation));
    }

    static (string Key, Func<string, TrainingStateFile, IProgressReporter, TrainedModule> Train) Texts(ParseResult parsed, string home, ModuleTrainingOptions options, ComputeSettings place, ILogger? logger,
        CancellationToken cancellation)
    {
        var (parts, template) = OwnTextSplits.Open(parsed.GetValue(data)!, parsed.GetValue(skipDamaged));
        var texts = parts.Train!;
        var run = new TextModuleRun(TextBaseModel.Open(home, place.Dtype, place.Device, logger, cancellation), options, parsed.GetValue(validation), logger);
        return (run.KeyOf(texts, template), (name, state, progress) => run.Run(name, texts, template, state, progress, cancellation));
    }

    // What others get holds no path of this machine.
    static string Command(ParseResult parsed) => "lora-compose " + string.Join(' ', parsed.Tokens.Select(token =>
        token.Type == TokenType.Argument && token.Value.AsSpan().ContainsAny('/', '\\') && !HubModels.IsName(token.Value) ? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(token.Value))) : token.Value)
        .Where(token => token != resume.Name).Select(token => token.Contains(' ', StringComparison.Ordinal) ? $"\"{token}\"" : token));

    static void Show(IAnsiConsole console, ModuleReport report, string folder)
    {
        var outcome = report.Outcome;
        if (outcome.Validation is { } end)
            console.WriteLine(FormattableString.Invariant($"Accuracy {100 * end.Accuracy:F1} %, loss {end.Loss:F4} on {report.Classes.Sum(row => row.Validation)} samples held out; before the first step {100 * report.StartScore!.Value.Accuracy:F1} %, {report.StartScore.Value.Loss:F4}."));
        console.WriteLine($"The state of step {outcome.BestStep} of {outcome.Steps} is kept{(outcome.StoppedEarly ? "; the loss had stopped falling" : "")}.");
        console.WriteLine($"The module is in {folder}; README.md in it is its model card. Use it with: lora-compose adapt --base BASE --adapter {folder} OTHERS --data DATA --shots 5 --out my-model");
    }
}

/// <summary>A module that would be an update of zero.</summary>
sealed class UntrainedModuleException(string message) : LoraCompositionException(message);

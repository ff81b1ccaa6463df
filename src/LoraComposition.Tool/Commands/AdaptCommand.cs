using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using LoraComposition.CommandLine;
using LoraComposition.Experiments;
using LoraComposition.FewShot;
using Microsoft.Extensions.Logging;
using Spectre.Console;

namespace LoraComposition.Tool;

/// <summary><c>adapt</c>: learns labelled images or texts from few of them and keeps the best model.</summary>
static class AdaptCommand
{
    static readonly ImageAdaptationOptions imageDefaults = new();
    static readonly TextAdaptationOptions textDefaults = new();

    static readonly Option<string> baseFolder = CommonOptions.Base();
    static readonly Option<string[]> adapters = new("--adapter") { Description = $"{CommonOptions.AdapterDescription} {CommonOptions.Many}", HelpName = "DIR", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [] };
    static readonly Option<string> data = new("--data") { Description = "Labelled images for a ViT: <class>/* at any depth, or train/<class>/* with test/<class>/* or val/<class>/*. Texts for a T5: a .jsonl, .json or .csv file with text and label, or with question, choices and answer, or a folder with train, val and test files. Validation samples are those held out; test samples are used once, at the end.", HelpName = "DIR|FILE", Required = true };
    static readonly Option<int> shots = new("--shots") { Description = "The images or texts per class to learn from, K; of questions with choices in all.", Required = true };
    static readonly Option<string> method = new("--method")
    {
        Description = $"{AdaptMethods.Auto}: those that earn their place, {AdaptMethods.Images.AutomaticNames}; for texts zero-shot, the base as it is, in place of classifier; without --adapter classifier or zero-shot, and lora. Or some of {AdaptMethods.Images.AllNames}, separated by commas, or {AdaptMethods.All}. The one of the lowest loss on what is held out is kept.",
        DefaultValueFactory = _ => AdaptMethods.Auto
    };
    static readonly Option<int> seed = CommonOptions.Seed(imageDefaults.Seed);
    static readonly Option<int> validation = new("--validation") { Description = "At most so many further images or texts of each class are held out to stop the training and to compare the methods, of questions five times as many in all. 0, or where there are none: those learned from take turns.", DefaultValueFactory = _ => imageDefaults.ValidationPerClass };
    static readonly Option<int?> steps = new("--steps") { Description = $"Training steps of each method. Default {imageDefaults.Tuning.Training.Steps}, of texts {textDefaults.Tuning.Training.Steps}." };
    static readonly Option<int> rank = new("--rank") { Description = "The rank of a LoRA from scratch.", DefaultValueFactory = _ => imageDefaults.Tuning.Lora.Rank };
    static readonly Option<string?> budget = new("--budget") { Description = "The time for trying methods, for example 90s, 5m or 1h: no further one is begun that would not end in it." };
    static readonly Option<bool> skipDamaged = CommonOptions.SkipDamaged();
    static readonly Option<bool> asStored = CommonOptions.AsStored();
    static readonly TuningSettingOptions tuning = new();
    static readonly ComputeOptions compute = new();
    static readonly Option<string> output = CommonOptions.Out();
    static readonly Option<bool> force = CommonOptions.Force();

    const string Description = "Adapts a base to labelled images or texts: learns from K per class, holds out others, tries methods and keeps the best.";

    const string Examples = """
        lora-compose adapt --base vit-base-patch32-224-in21k --adapter adapters/eurosat adapters/flowers --data my-images --shots 5 --out my-model
        lora-compose adapt --base flan-t5-base --adapter adapters/reviews adapters/topics --data my-texts.jsonl --shots 16 --out my-model
        """;

    public static Command Create()
    {
        var command = new ToolCommand("adapt", Description, Examples) { baseFolder, adapters, data, shots, method, seed, validation, steps, rank, budget, skipDamaged, asStored, output, force, TimingsOption.Option };
        foreach (var option in tuning.All) command.Add(option);
        foreach (var option in (Option[])[.. compute.All, .. FeatureCacheOption.All]) command.Add(option);
        command.SetAction((parsed, cancellation) =>
        {
            var adapt = OwnTextSplits.Is(parsed.GetValue(data)!) ? Texts(parsed) : Pictures(parsed);
            var place = compute.Read(parsed);
            // Ctrl+C is listened to only once the action has returned its task.
            return Task.Run(() => Run(parsed, adapt, place, cancellation), CancellationToken.None);
        });
        return command;
    }

    static Adapt Pictures(ParseResult parsed)
    {
        Check(parsed);
        var options = imageDefaults with
        {
            Shots = OptionReading.AtLeast(parsed, shots, 1),
            ValidationPerClass = OptionReading.AtLeast(parsed, validation, 0),
            Methods = Methods(parsed, AdaptMethods.Images),
            Seed = parsed.GetValue(seed),
            SkipDamaged = parsed.GetValue(skipDamaged),
            Tuning = Tuning(parsed, imageDefaults.Tuning),
        };
        return (home, modules, place, times, logger, progress, cancellation) =>
        {
            var images = ImageFolderSplits.Open(parsed.GetValue(data)!);
            ImageBaseModel baseModel;
            using (times.Enter(RunPhase.Load)) baseModel = ImageBaseModel.Open(home, place.Dtype, place.Device, logger, cancellation);
            baseModel = baseModel.Keeping(FeatureCacheOption.Read(parsed, logger));
            if (parsed.GetValue(asStored)) baseModel = baseModel.With(baseModel.Preprocessing with { Upright = false });
            SayAlone(parsed, options, progress);
            return new ImageAdaptation(baseModel, modules, options, times, logger).Run(images, progress, cancellation);
        };
    }

    static Adapt Texts(ParseResult parsed)
    {
        Check(parsed);
        if (parsed.GetValue(asStored)) throw new UsageException($"{asStored.Name} is for pictures, and --data {parsed.GetValue(data)} holds texts.");
        var options = textDefaults with
        {
            Shots = OptionReading.AtLeast(parsed, shots, 1),
            ValidationPerLabel = OptionReading.AtLeast(parsed, validation, 0),
            Methods = Methods(parsed, AdaptMethods.Texts),
            Seed = parsed.GetValue(seed),
            Tuning = Tuning(parsed, textDefaults.Tuning),
        };
        return (home, modules, place, times, logger, progress, cancellation) =>
        {
            var texts = OwnTextSplits.Open(parsed.GetValue(data)!, parsed.GetValue(skipDamaged));
            TextBaseModel baseModel;
            using (times.Enter(RunPhase.Load)) baseModel = TextBaseModel.Open(home, place.Dtype, place.Device, logger, cancellation);
            SayAlone(parsed, options, progress);
            return new TextAdaptation(baseModel, modules, options, times, logger).Run(texts.Parts, texts.Template, progress, cancellation);
        };
    }

    static void Check(ParseResult parsed)
    {
        if (AdapterSet.Named(parsed.GetValue(adapters)!).GroupBy(named => Path.TrimEndingDirectorySeparator(Path.GetFullPath(named.Folder)), StringComparer.Ordinal)
            .FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new UsageException($"--adapter {twice.First().Folder} is given twice.");
        OutputFolder.Read(parsed, output, force);
        FeatureCacheOption.Read(parsed);
    }

    // What was asked for by name needs no word.
    static void SayAlone(ParseResult parsed, AdaptationOptions options, IProgressReporter progress)
    {
        if (parsed.GetValue(adapters)!.Length == 0 && parsed.GetValue(method) == AdaptMethods.Auto)
            progress.Report($"No adapter is given, so nothing is composed: {string.Join(", ", options.Methods.Select(m => m.Name))} are tried.");
    }

    static IReadOnlyList<ITuningMethod> Methods(ParseResult parsed, AdaptMethods known) =>
        known.Read(method.Name, parsed.GetValue(method)!, withModules: parsed.GetValue(adapters)!.Length > 0);

    static TuningOptions Tuning(ParseResult parsed, TuningOptions defaults)
    {
        var read = tuning.Read(parsed, defaults with { Lora = defaults.Lora with { Rank = OptionReading.AtLeast(parsed, rank, 1) } });
        return read with { Training = read.Training with { Steps = OptionReading.AtLeast(parsed, steps, 1) ?? defaults.Training.Steps }, Budget = Budget(parsed.GetValue(budget)) };
    }

    static TimeSpan? Budget(string? text)
    {
        if (text is null) return null;
        double unit = text.EndsWith('s') ? 1 : text.EndsWith('m') ? 60 : text.EndsWith('h') ? 3600 : 0;
        return unit > 0 && double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double count) && count > 0 && count * unit < 1e6
            ? TimeSpan.FromSeconds(count * unit)
            : throw new UsageException($"--budget {text}: expected a time such as 90s, 5m or 1h.");
    }

    static int Run(ParseResult parsed, Adapt adapt, ComputeSettings place, CancellationToken cancellation)
    {
        var times = new PhaseTimes();
        place.Apply();
        using var progress = ProgressReporter.ForStandardError();
        var logger = ErrorLog.For(parsed, progress.Report);
        string home = HubInputs.Folder(parsed, parsed.GetValue(baseFolder)!, progress, cancellation);
        var folders = HubInputs.Folders(parsed, parsed.GetValue(adapters)!, progress, cancellation);
        var loading = times.Enter(RunPhase.Load);
        using var modules = AdapterSet.Load(folders, logger);
        loading.Dispose();
        using var result = adapt(home, modules.Adapters, place, times, logger, progress, cancellation);
        cancellation.ThrowIfCancellationRequested();
        foreach (string leftover in OutputFolder.RemoveLeftovers(parsed.GetValue(output)!)) progress.Report($"warning: {leftover}");
        result.Save(parsed.GetValue(output)!, parsed.GetValue(force));
        ToolOutput.Write(parsed, result.Report, (console, report) => Show(console, report, parsed.GetValue(output)!));
        TimingsOption.Write(parsed, times);
        return ExitCodes.Done;
    }

    static void Show(IAnsiConsole console, AdaptationReport report, string folder)
    {
        var table = new ConsoleTable("Method", "Validation", "Loss", "|Θ|", "Steps", "Seconds");
        foreach (var result in report.Methods)
            table.AddRow(result.Method, result.ValidationAccuracy is null ? "–" : Text($"{100 * result.ValidationAccuracy:F1} %"), result.ValidationLoss is null ? "–" : Text($"{result.ValidationLoss:F3}"),
                Text($"{result.TrainableParameters:N0}"), Text($"{result.Steps}"), Text($"{result.Timings.Values.Sum():F1}"));
        table.Write(console);
        foreach (var result in report.Methods)
        {
            if (result.Start is { } start) console.WriteLine($"{result.Method}: its weights started from {start} alone.");
            foreach (string remark in result.Remarks) console.WriteLine($"{result.Method}: {remark}");
        }
        console.WriteLine(report.Verdict);
        console.WriteLine($"The model is in {folder}; report.md in it says more. Use it with: lora-compose predict --model {folder} {(report.Kind == SampleKind.Images ? "--images PATH" : "--texts FILE")}");
    }

    static string Text(FormattableString value) => FormattableString.Invariant(value);

    /// <summary>Adapts the base in a folder.</summary>
    delegate AdaptationResult Adapt(string home, IReadOnlyList<LoraAdapter> modules, ComputeSettings place, PhaseTimes times, ILogger? logger, IProgressReporter progress, CancellationToken cancellation);
}

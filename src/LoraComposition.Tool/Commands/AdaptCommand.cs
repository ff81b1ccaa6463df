using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using LoraComposition.CommandLine;
using LoraComposition.Experiments;
using LoraComposition.FewShot;
using Spectre.Console;

namespace LoraComposition.Tool;

/// <summary><c>adapt</c>: learns a folder of labelled images from few of them and keeps the best model.</summary>
static class AdaptCommand
{
    const string All = "all", Auto = "auto";
    static readonly ImageAdaptationOptions defaults = new();
    static readonly ITuningMethod[] known = [.. defaults.Methods, new LearnedComposition(), new LearnedComposition(WeightSharing.Model), new UnconstrainedComposition(), new LoraFromScratch(),
        new PolySelection(), new PolySelection(heads: 4), .. TuningMethods.Rivals];

    // Needs a file beside each adapter, so it is tried only when it is named.
    static readonly ITuningMethod[] nameable = [.. known, new FisherComposition()];
    static readonly string names = string.Join(", ", nameable.Select(m => m.Name));

    static readonly Option<string> baseFolder = CommonOptions.Base("A ViT.");
    static readonly Option<string[]> adapters = new("--adapter") { Description = $"{CommonOptions.AdapterDescription} {CommonOptions.Many}", HelpName = "DIR", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [] };
    static readonly Option<string> data = new("--data") { Description = "Labelled images: <class>/* at any depth, or train/<class>/* with test/<class>/* or val/<class>/*. Validation images are those held out; test images are used once, at the end.", Required = true };
    static readonly Option<int> shots = new("--shots") { Description = "The images per class to learn from, K.", Required = true };
    static readonly Option<string> method = new("--method")
    {
        Description = $"{Auto}: those that earn their place, {string.Join(", ", defaults.Methods.Select(m => m.Name))}; or some of {names}, separated by commas, or {All}. The one of the lowest loss on held-out images is kept.",
        DefaultValueFactory = _ => Auto
    };
    static readonly Option<int> seed = CommonOptions.Seed(defaults.Seed);
    static readonly Option<int> validation = new("--validation") { Description = "At most so many further images of each class are held out to stop the training and to compare the methods. 0, or where there are none: the images learned from take turns.", DefaultValueFactory = _ => defaults.ValidationPerClass };
    static readonly Option<int> steps = new("--steps")
    {
        Description = "Training steps of each method.",
        DefaultValueFactory = _ => defaults.Tuning.Training.Steps ?? 100
    };
    static readonly Option<int> rank = new("--rank") { Description = "The rank of a LoRA from scratch.", DefaultValueFactory = _ => defaults.Tuning.Lora.Rank };
    static readonly Option<string?> budget = new("--budget") { Description = "The time for trying methods, for example 90s, 5m or 1h: no further one is begun that would not end in it." };
    static readonly Option<bool> skipDamaged = new("--skip-damaged") { Description = "Leave out pictures that cannot be read; without it they are refused together. Others of their class are taken, and report.json lists them all." };
    static readonly Option<bool> asStored = CommonOptions.AsStored();
    static readonly TuningSettingOptions tuning = new();
    static readonly ComputeOptions compute = new(withType: false);
    static readonly Option<string> output = CommonOptions.Out();
    static readonly Option<bool> force = CommonOptions.Force();

    const string Description = "Adapts a base to a folder of labelled images: learns from K images per class, holds out others, tries methods and keeps the best.";

    const string Examples = """
        lora-compose adapt --base vit-base-patch32-224-in21k --adapter adapters/eurosat adapters/flowers --data my-images --shots 5 --out my-model
        """;

    public static Command Create()
    {
        var command = new ToolCommand("adapt", Description, Examples) { baseFolder, adapters, data, shots, method, seed, validation, steps, rank, budget, skipDamaged, asStored, output, force };
        foreach (var option in tuning.All) command.Add(option);
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

    static ImageAdaptationOptions Read(ParseResult parsed)
    {
        var methods = Methods(parsed.GetValue(method)!);
        if (parsed.GetValue(adapters)!.Length == 0 && methods.FirstOrDefault(m => m.NeedsModules) is { } composing)
            throw new UsageException($"--method {parsed.GetValue(method)}: {composing.Name} composes adapters; give --adapter, or of the methods only {string.Join(",", known.Where(m => !m.NeedsModules).Select(m => m.Name))}.");
        if (AdapterSet.Named(parsed.GetValue(adapters)!).GroupBy(named => Path.TrimEndingDirectorySeparator(Path.GetFullPath(named.Folder)), StringComparer.Ordinal)
            .FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new UsageException($"--adapter {twice.First().Folder} is given twice.");
        OutputFolder.Read(parsed, output, force);
        return defaults with
        {
            Shots = OptionReading.AtLeast(parsed, shots, 1),
            ValidationPerClass = OptionReading.AtLeast(parsed, validation, 0),
            Methods = methods,
            Seed = parsed.GetValue(seed),
            SkipDamaged = parsed.GetValue(skipDamaged),
            Tuning = Tuning(parsed),
        };
    }

    static TuningOptions Tuning(ParseResult parsed)
    {
        var read = tuning.Read(parsed, defaults.Tuning with { Lora = defaults.Tuning.Lora with { Rank = OptionReading.AtLeast(parsed, rank, 1) } });
        return read with { Training = read.Training with { Steps = OptionReading.AtLeast(parsed, steps, 1) }, Budget = Budget(parsed.GetValue(budget)) };
    }

    static TimeSpan? Budget(string? text)
    {
        if (text is null) return null;
        double unit = text.EndsWith('s') ? 1 : text.EndsWith('m') ? 60 : text.EndsWith('h') ? 3600 : 0;
        return unit > 0 && double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double count) && count > 0 && count * unit < 1e6
            ? TimeSpan.FromSeconds(count * unit)
            : throw new UsageException($"--budget {text}: expected a time such as 90s, 5m or 1h.");
    }

    static int Run(ParseResult parsed, ImageAdaptationOptions options, ComputeSettings place, CancellationToken cancellation)
    {
        place.Apply();
        using var progress = ProgressReporter.ForStandardError();
        var logger = ErrorLog.For(parsed, progress.Report);
        var images = ImageFolderSplits.Open(parsed.GetValue(data)!);
        var baseModel = ImageBaseModel.Open(HubInputs.Folder(parsed, parsed.GetValue(baseFolder)!, progress, cancellation), device: place.Device, logger: logger, cancellation: cancellation);
        if (parsed.GetValue(asStored)) baseModel = baseModel.With(baseModel.Preprocessing with { Upright = false });
        using var modules = AdapterSet.Load(HubInputs.Folders(parsed, parsed.GetValue(adapters)!, progress, cancellation), logger);
        using var result = new ImageAdaptation(baseModel, modules.Adapters, options, logger).Run(images, progress, cancellation);
        cancellation.ThrowIfCancellationRequested();
        foreach (string leftover in OutputFolder.RemoveLeftovers(parsed.GetValue(output)!)) progress.Report($"warning: {leftover}");
        result.Save(parsed.GetValue(output)!, parsed.GetValue(force));
        ToolOutput.Write(parsed, result.Report, (console, report) => Show(console, report, parsed.GetValue(output)!));
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
        console.WriteLine($"The model is in {folder}; report.md in it says more. Use it with: lora-compose predict --model {folder} --images PATH");
    }

    static string Text(FormattableString value) => FormattableString.Invariant(value);

    static ITuningMethod[] Methods(string text)
    {
        if (text == Auto) return [.. defaults.Methods];
        if (text == All) return known;
        var methods = text.Split(',', StringSplitOptions.TrimEntries).Select(name => nameable.FirstOrDefault(m => m.Name == name)
            ?? throw new UsageException($"--method {text}: '{name}' is not one of {names}, {Auto} or {All}.")).ToArray();
        return methods.Distinct().Count() == methods.Length ? methods : throw new UsageException($"--method {text}: a method occurs twice.");
    }
}

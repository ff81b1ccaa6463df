using System.CommandLine;
using System.CommandLine.Parsing;
using LoraComposition.CommandLine;
using LoraComposition.FewShot;
using Spectre.Console;

namespace LoraComposition.Tool;

/// <summary><c>evaluate</c>: says how well a model does on labelled images or texts, and where it errs.</summary>
static class EvaluateCommand
{
    const int MostRows = 40, MostConfusions = 5;

    static readonly ImageEvaluationOptions defaults = new();

    static readonly ClassifierOptions model = new();
    static readonly Option<string> data = new("--data")
    {
        Description = "Labelled images: <class>/*, or train/<class>/* and test/<class>/*, of which the test images are taken; folders are called as the model's classes are. Labelled texts: a .jsonl, .json or .csv file with text and label, or with question, choices and answer, or a folder with such files called train, val and test.",
        HelpName = "DIR|FILE",
        Required = true,
    };

    static readonly Option<string> output = new("--out")
    {
        Description = "A folder for the page, the tables and the pictures of the evaluation. It must be empty or missing, but for --force.",
        HelpName = "DIR",
    };

    static readonly Option<bool> force = CommonOptions.Force();
    static readonly Option<bool> ignoreUnknown = new("--ignore-unknown") { Description = "Leave out images of classes that the model does not know." };
    static readonly Option<bool> skipDamaged = CommonOptions.SkipDamaged();
    static readonly Option<int> mistakes = new("--mistakes") { Description = "The number of worst mistakes to show.", DefaultValueFactory = _ => defaults.MostMistakes };
    static readonly ComputeOptions compute = new(withType: false);

    const string Description = "Evaluates a model on labelled images or texts: accuracy with its interval, each class, the confusion matrix, calibration, and the worst mistakes as one page.";

    const string Examples = """
        lora-compose evaluate --model my-model --data my-test-images
        lora-compose evaluate --model my-model --data my-test-images --out evaluation
        lora-compose evaluate --base vit --adapter adapters/eurosat --data my-test-images --json
        lora-compose evaluate --model my-model --data my-test-texts.jsonl --out evaluation
        """;

    public static Command Create()
    {
        var command = new ToolCommand("evaluate", Description, Examples) { data, output, force, ignoreUnknown, skipDamaged, mistakes, TimingsOption.Option };
        foreach (var option in model.All) command.Add(option);
        foreach (var option in compute.All) command.Add(option);
        command.SetAction((parsed, cancellation) =>
        {
            var settings = Read(parsed);
            var place = compute.Read(parsed);
            // Ctrl+C is listened to only once the action has returned its task.
            return Task.Run(() => Run(parsed, settings, place, cancellation), CancellationToken.None);
        });
        return command;
    }

    static EvaluateSettings Read(ParseResult parsed)
    {
        var choice = model.Read(parsed);
        return new EvaluateSettings(choice, parsed.GetValue(data)!, parsed.GetValue(output) is null ? null : OutputFolder.Read(parsed, output, force), parsed.GetValue(force),
            defaults with { MostMistakes = OptionReading.AtLeast(parsed, mistakes, 0), IgnoreUnknownClasses = parsed.GetValue(ignoreUnknown), SkipDamaged = parsed.GetValue(skipDamaged) });
    }

    static int Run(ParseResult parsed, EvaluateSettings settings, ComputeSettings place, CancellationToken cancellation)
    {
        var times = new PhaseTimes();
        place.Apply();
        EvaluateReport report;
        using (var progress = ProgressReporter.ForStandardError())
        {
            if (settings.Out is { } folder)
                foreach (string leftover in OutputFolder.RemoveLeftovers(folder)) progress.Report($"warning: {leftover}");
            settings = settings with { Model = settings.Model.Fetched(parsed, progress, cancellation) };
            var log = ErrorLog.For(parsed, progress.Report);
            report = EvaluateJob.Run(settings, place.Device, times, log, progress, cancellation);
            ErrorLog.Tell(report.Warnings, log, progress);
        }
        ToolOutput.Write(parsed, report, (console, found) => Print(console, found, settings.Out));
        TimingsOption.Write(parsed, times);
        return ExitCodes.Done;
    }

    static void Print(IAnsiConsole console, EvaluateReport report, string? folder)
    {
        var scores = report.Scores;
        string nouns = report.Kind.ToString();
        var table = new ConsoleTable("Class", nouns, "Precision", "Recall", "F1");
        var shown = scores.Classes.Count <= MostRows ? scores.Classes : [.. scores.Classes.Where(score => score.Support > 0).OrderBy(score => score.F1).Take(MostRows)];
        foreach (var score in shown) table.AddRow(score.Name, Text($"{score.Support}"), Number(score.Precision), Number(score.Recall), Number(score.F1));
        table.AddRow($"mean of the classes with {nouns.ToLowerInvariant()}", Text($"{scores.Count}"), Number(scores.MacroPrecision), Number(scores.MacroRecall), Number(scores.MacroF1));
        table.Write(console);
        if (shown.Count < scores.Classes.Count) console.WriteLine(Text($"These are the {shown.Count} classes of the lowest F1 of {scores.Classes.Count}; --json and --out have all."));
        console.WriteLine(Text($"Accuracy on {report.Part}: {100 * scores.Accuracy:F1} % ({scores.Correct} of {scores.Count}), 95 % interval {100 * scores.AccuracyLow:F1} % to {100 * scores.AccuracyHigh:F1} %. Mean loss {scores.Loss:F3}. Expected calibration error {100 * scores.ExpectedCalibrationError:F1} points."));
        string[] confusions = [.. scores.MostConfused(MostConfusions).Select(pair => $"{pair.TrueClass} for {pair.GivenClass} ({pair.Count})")];
        if (confusions.Length > 0) console.WriteLine($"Most often mistaken: {string.Join(", ", confusions)}.");
        if (folder is not null) console.WriteLine($"Wrote {Path.Combine(folder, "evaluation.html")}, and tables and pictures beside it.");
    }

    static string Number(double? value) => value is null ? "–" : Text($"{value:F3}");

    static string Text(FormattableString value) => FormattableString.Invariant(value);
}

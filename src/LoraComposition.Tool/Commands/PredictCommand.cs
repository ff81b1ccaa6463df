using System.CommandLine;
using LoraComposition.CommandLine;
using LoraComposition.FewShot;

namespace LoraComposition.Tool;

/// <summary><c>predict</c>: classifies images or texts with any model that has labels.</summary>
static class PredictCommand
{
    const string Input = "-";

    static readonly ClassifierOptions model = new();
    static readonly Option<string[]> images = new("--images")
    {
        Description = "Image files, or folders whose images are looked for at every depth; - reads their paths from standard input, one a line, and answers each as it comes.",
        HelpName = "PATH",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [],
    };
    static readonly Option<string?> texts = new("--texts")
    {
        Description = "Texts for a T5: a .txt file with one a line, or a .jsonl, .json or .csv file with text, or with question and choices; - reads lines from standard input, texts or JSON objects, and answers each as it comes.",
        HelpName = "FILE",
    };
    static readonly Option<string?> labels = new("--labels") { Description = "The labels of texts, with commas between, in the order in which the model learned them. Default: those of a model that adapt wrote, or that train wrote beside the adapter." };
    static readonly Option<int> top = new("--top") { Description = "The number of classes to name for each image or text.", DefaultValueFactory = _ => 5 };
    static readonly Option<PredictionFormat> format = new("--format")
    {
        Description = "csv (path or text,rank,class,probability), json (one array) or jsonl (an object a line, as they come; with an error where an image or a line cannot be read); --json means json.",
        DefaultValueFactory = _ => PredictionFormat.Csv
    };
    static readonly ComputeOptions compute = new(withType: false);

    const string Description = "Classifies images or texts with a model that adapt wrote, a checkpoint, or a base and adapters. What cannot be read is named on standard error, and the exit code is 1 when the others are done.";

    const string Examples = """
        lora-compose predict --model my-model --images photos --top 3
        lora-compose predict --base vit --adapter adapters/eurosat --images photos --format jsonl
        find photos -name '*.jpg' | lora-compose predict --model my-model --images - --format jsonl
        lora-compose predict --model my-model --texts reviews.txt
        """;

    public static Command Create()
    {
        var command = new ToolCommand("predict", Description, Examples) { images, texts, labels, top, format, TimingsOption.Option };
        foreach (var option in model.All) command.Add(option);
        foreach (var option in compute.All) command.Add(option);
        command.SetAction((parsed, cancellation) =>
        {
            OptionReading.AtLeast(parsed, top, 1);
            Check(parsed);
            var choice = model.Read(parsed);
            var place = compute.Read(parsed);
            // Ctrl+C is listened to only once the action has returned its task.
            return Task.Run(() => Run(parsed, choice, place, cancellation), CancellationToken.None);
        });
        return command;
    }

    static void Check(ParseResult parsed)
    {
        string[] paths = parsed.GetValue(images)!;
        if (paths.Length == 0 && parsed.GetValue(texts) is null) throw new UsageException("--images or --texts is missing; give what to classify.");
        if (paths.Length > 0 && parsed.GetValue(texts) is not null) throw new UsageException("--images and --texts are for models of different kinds; give one of them.");
        if (paths.Length > 0 && parsed.GetValue(labels) is not null) throw new UsageException("--labels is given without --texts.");
        if (paths.Contains(Input) && paths.Length > 1)
            throw new UsageException($"--images {Input}: standard input is read alone; leave out the other paths, or give them on standard input.");
        if (parsed.GetValue(texts) is { } file && file != Input && !File.Exists(file)) throw new UsageException($"--texts {file}: there is no such file.");
        if (Labels(parsed) is { } given && (given.Length < 2 || given.Any(string.IsNullOrEmpty) || given.Distinct(StringComparer.Ordinal).Count() < given.Length))
            throw new UsageException($"--labels {parsed.GetValue(labels)}: expected at least two labels with commas between, each once.");
    }

    static string[]? Labels(ParseResult parsed) => parsed.GetValue(labels)?.Split(',', StringSplitOptions.TrimEntries);

    static int Run(ParseResult parsed, ClassifierChoice choice, ComputeSettings place, CancellationToken cancellation)
    {
        var times = new PhaseTimes();
        place.Apply();
        using var progress = ProgressReporter.ForStandardError();
        choice = choice.Fetched(parsed, progress, cancellation);
        var logger = ErrorLog.For(parsed, progress.Report);
        int code = parsed.GetValue(texts) is { } file ? Texts(parsed, file, choice, place, times, logger, progress, cancellation) : Pictures(parsed, choice, place, times, logger, progress, cancellation);
        TimingsOption.Write(parsed, times);
        return code;
    }

    static int Pictures(ParseResult parsed, ClassifierChoice choice, ComputeSettings place, PhaseTimes times, ErrorLog? logger, IProgressReporter progress, CancellationToken cancellation)
    {
        var loading = times.Enter(RunPhase.Load);
        using var classifier = choice.Open(place.Device, needsHead: true, logger, cancellation);
        loading.Dispose();
        ErrorLog.Tell(classifier.Warnings, logger, progress);
        var predictions = new PicturePredictions(new ImagePredictor(classifier.Model, classifier.Preprocessing), parsed.GetValue(top), warning => progress.Report($"warning: {warning}"));
        using var predicting = times.Enter(RunPhase.Prediction);
        return Write(parsed, "path", parsed.GetValue(images) is [Input] ? predictions.OfLines(Console.In, cancellation) : predictions.OfPaths(parsed.GetValue(images)!, progress, cancellation), progress);
    }

    static int Texts(ParseResult parsed, string file, ClassifierChoice choice, ComputeSettings place, PhaseTimes times, ErrorLog? logger, IProgressReporter progress, CancellationToken cancellation)
    {
        var loading = times.Enter(RunPhase.Load);
        using var classifier = choice.OpenText(Labels(parsed), otherwise: null, place.Device, logger, cancellation);
        loading.Dispose();
        ErrorLog.Tell(classifier.Warnings, logger, progress);
        var predictions = new TextPredictions(new TextPredictor(classifier), parsed.GetValue(top));
        using var predicting = times.Enter(RunPhase.Prediction);
        return Write(parsed, "text", file == Input ? predictions.OfLines(Console.In, cancellation) : predictions.OfFile(file, progress, cancellation), progress);
    }

    static int Write(ParseResult parsed, string subject, IEnumerable<SamplePrediction> predictions, IProgressReporter progress)
    {
        using var writer = PredictionWriter.For(parsed.GetValue(CommonOptions.Json) ? PredictionFormat.Json : parsed.GetValue(format), Console.Out, subject);
        bool refused = false;
        foreach (var prediction in predictions)
        {
            writer.Write(prediction);
            if (prediction.Refusal is not { } refusal) continue;
            refused = true;
            progress.Report(refusal.Message.ReplaceLineEndings(" "));
        }
        return refused ? ExitCodes.Refused : ExitCodes.Done;
    }
}

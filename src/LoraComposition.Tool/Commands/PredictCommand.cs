using System.CommandLine;
using LoraComposition.CommandLine;
using LoraComposition.FewShot;

namespace LoraComposition.Tool;

/// <summary><c>predict</c>: classifies images with an adapted model.</summary>
static class PredictCommand
{
    const string Input = "-";

    static readonly ClassifierOptions model = new();
    static readonly Option<string[]> images = new("--images")
    {
        Description = "Image files, or folders whose images are looked for at every depth; - reads their paths from standard input, one a line, and answers each as it comes.",
        Required = true,
        AllowMultipleArgumentsPerToken = true
    };
    static readonly Option<int> top = new("--top") { Description = "The number of classes to name for each image.", DefaultValueFactory = _ => 5 };
    static readonly Option<PredictionFormat> format = new("--format")
    {
        Description = "csv (path,rank,class,probability), json (one array) or jsonl (an object a line, as they come; with an error where an image cannot be read); --json means json.",
        DefaultValueFactory = _ => PredictionFormat.Csv
    };
    static readonly ComputeOptions compute = new(withType: false);

    const string Description = "Classifies images with a model that adapt wrote, a checkpoint with a head, or a base and adapters. An image that cannot be read is named on standard error, and the exit code is 1 when the others are done.";

    const string Examples = """
        lora-compose predict --model my-model --images photos --top 3
        lora-compose predict --base vit --adapter adapters/eurosat --images photos --format jsonl
        find photos -name '*.jpg' | lora-compose predict --model my-model --images - --format jsonl
        """;

    public static Command Create()
    {
        var command = new ToolCommand("predict", Description, Examples) { images, top, format };
        foreach (var option in model.All) command.Add(option);
        foreach (var option in compute.All) command.Add(option);
        command.SetAction((parsed, cancellation) =>
        {
            OptionReading.AtLeast(parsed, top, 1);
            if (parsed.GetValue(images)!.Contains(Input) && parsed.GetValue(images)!.Length > 1)
                throw new UsageException($"--images {Input}: standard input is read alone; leave out the other paths, or give them on standard input.");
            var choice = model.Read(parsed);
            var place = compute.Read(parsed);
            // Ctrl+C is listened to only once the action has returned its task.
            return Task.Run(() => Run(parsed, choice, place, cancellation), CancellationToken.None);
        });
        return command;
    }

    static int Run(ParseResult parsed, ClassifierChoice choice, ComputeSettings place, CancellationToken cancellation)
    {
        place.Apply();
        using var progress = ProgressReporter.ForStandardError();
        var log = ErrorLog.For(parsed, progress.Report);
        using var classifier = choice.Fetched(parsed, progress, cancellation).Open(place.Device, needsHead: true, log, cancellation);
        foreach (string warning in classifier.Warnings.Where(warning => log?.Holds(warning) != true)) progress.Report($"warning: {warning}");
        using var writer = PredictionWriter.For(parsed.GetValue(CommonOptions.Json) ? PredictionFormat.Json : parsed.GetValue(format), Console.Out);
        bool refused = false;
        void Write(ImagePrediction prediction)
        {
            writer.Write(prediction);
            if (prediction.Refusal is not { } refusal) return;
            refused = true;
            progress.Report(refusal.Message.ReplaceLineEndings(" "));
        }

        var predictor = new ImagePredictor(classifier.Model, classifier.Preprocessing);
        void Warn(string warning) => progress.Report($"warning: {warning}");
        void Refuse(string path, DataException refusal) => Write(new ImagePrediction(path, [], refusal));
        if (parsed.GetValue(images) is [Input])
        {
            foreach (string line in InputLines.Read(Console.In, cancellation))
                foreach (var prediction in predictor.Predict(Files([line], Refuse, Warn), parsed.GetValue(top), cancellation: cancellation)) Write(prediction);
        }
        else
        {
            foreach (var prediction in predictor.Predict(Files(parsed.GetValue(images)!, Refuse, Warn), parsed.GetValue(top), progress, cancellation)) Write(prediction);
        }
        return refused ? ExitCodes.Refused : ExitCodes.Done;
    }

    static string[] Files(IReadOnlyList<string> paths, Action<string, DataException> refuse, Action<string> warn) => [.. paths.SelectMany(path =>
    {
        try
        {
            return ImageFileList.Of(path, warn);
        }
        catch (DataException e)
        {
            refuse(path, e);
            return [];
        }
    })];
}

using System.CommandLine;
using LoraComposition.CommandLine;
using LoraComposition.FewShot;

namespace LoraComposition.Tool;

/// <summary><c>predict</c>: classifies images with an adapted model.</summary>
static class PredictCommand
{
    static readonly Option<string> model = new("--model") { Description = "A folder that adapt wrote.", Required = true };
    static readonly Option<string[]> images = new("--images")
    {
        Description = "Image files, or folders whose images are looked for at every depth.",
        Required = true,
        AllowMultipleArgumentsPerToken = true
    };
    static readonly Option<int> top = new("--top") { Description = "The number of classes to name for each image.", DefaultValueFactory = _ => 5 };
    static readonly Option<string?> baseFolder = new("--base") { Description = "The base's folder, where it is not where it was." };
    static readonly Option<PredictionFormat> format = new("--format")
    {
        Description = "csv (path,rank,class,probability) or json; --json means the same.",
        DefaultValueFactory = _ => PredictionFormat.Csv
    };
    static readonly ComputeOptions compute = new(withType: false);

    const string Description = "Classifies images with a model that adapt wrote. An image that cannot be read is named on standard error, and the exit code is 1 when the others are done.";

    const string Examples = """
        lora-compose predict --model my-model --images photos --top 3
        """;

    public static Command Create()
    {
        var command = new ToolCommand("predict", Description, Examples) { model, images, top, baseFolder, format };
        foreach (var option in compute.All) command.Add(option);
        command.SetAction((parsed, cancellation) =>
        {
            if (parsed.GetValue(top) < 1) throw new UsageException($"--top is {parsed.GetValue(top)}; it must be at least 1.");
            var place = compute.Read(parsed);
            // Ctrl+C is listened to only once the action has returned its task.
            return Task.Run(() => Run(parsed, place, cancellation), CancellationToken.None);
        });
        return command;
    }

    static int Run(ParseResult parsed, ComputeSettings place, CancellationToken cancellation)
    {
        place.Apply();
        using var progress = ProgressReporter.ForStandardError();
        bool refused = false;
        void Refuse(DataException refusal)
        {
            refused = true;
            progress.Report(refusal.Message.ReplaceLineEndings(" "));
        }

        using var adapted = AdaptedModel.Load(parsed.GetValue(model)!, HubInputs.Folder(parsed, parsed.GetValue(baseFolder), progress, cancellation), place.Device, logger: ErrorLog.For(parsed, progress.Report),
            cancellation: cancellation);
        string[] files = Files(parsed.GetValue(images)!, Refuse, warning => progress.Report($"warning: {warning}"));
        using var writer = PredictionWriter.For(parsed.GetValue(CommonOptions.Json) ? PredictionFormat.Json : parsed.GetValue(format), Console.Out);
        foreach (var prediction in new ImagePredictor(adapted).Predict(files, parsed.GetValue(top), progress, cancellation))
        {
            if (prediction.Refusal is { } refusal) Refuse(refusal);
            else writer.Write(prediction);
        }
        return refused ? ExitCodes.Refused : ExitCodes.Done;
    }

    static string[] Files(IReadOnlyList<string> paths, Action<DataException> refuse, Action<string> warn) => [.. paths.SelectMany(path =>
    {
        try
        {
            return ImageFileList.Of(path, warn);
        }
        catch (DataException e)
        {
            refuse(e);
            return [];
        }
    })];
}

using System.CommandLine;
using LoraComposition.CommandLine;
using LoraComposition.Experiments;
using LoraComposition.FewShot;
using Microsoft.Extensions.Logging;
using Spectre.Console;
using static TorchSharp.torch;

namespace LoraComposition.Tool;

/// <summary><c>fisher</c>: computes the Fisher information of an adapter's task and stores it beside the adapter, for <c>compose --method fisher</c>.</summary>
static class FisherCommand
{
    static readonly Option<string> @base = CommonOptions.Base();
    static readonly Option<string> adapter = new("--adapter")
    {
        Description = $"{CommonOptions.AdapterDescription} One of a ViT needs its saved head. The file is written beside its two.",
        HelpName = "DIR",
        Required = true,
    };

    static readonly Option<string[]> images = new("--images")
    {
        Description = "Pictures of the adapter's task, for a ViT: files, or folders whose pictures are looked for at every depth. They need no labels.",
        AllowMultipleArgumentsPerToken = true,
    };

    static readonly Option<string?> data = new("--data")
    {
        Description = "Texts of the adapter's task, for a T5: a .jsonl, .json or .csv file with text and label, or with question, choices and answer; of a folder with such files the one called train. Labels and choices are what could be answered; which is right is not looked at.",
        HelpName = "FILE",
    };

    static readonly Option<int> samples = new("--samples") { Description = "The most pictures or texts to use, drawn at random.", DefaultValueFactory = _ => 500, HelpName = "N" };
    static readonly Option<int> seed = CommonOptions.Seed();
    static readonly Option<bool> force = CommonOptions.Replace();
    static readonly ComputeOptions compute = new(withType: false);

    const string Description = "Computes the Fisher information of an adapter's task, which compose --method fisher weighs the adapter by.";

    const string Examples = """
        lora-compose fisher --base vit --adapter adapters/birds --images birds/train
        lora-compose fisher --base flan-t5-base --adapter adapters/reviews --data reviews.jsonl
        lora-compose compose --adapter adapters/birds adapters/fish --method fisher --out merged
        """;

    public static Command Create()
    {
        var command = new ToolCommand("fisher", Description, Examples) { @base, adapter, images, data, samples, seed, force };
        foreach (var option in compute.All) command.Add(option);
        command.SetAction((parsed, cancellation) =>
        {
            OptionReading.AtLeast(parsed, samples, 1);
            switch (parsed.GetValue(images) is { Length: > 0 }, parsed.GetValue(data) is not null)
            {
                case (false, false): throw new UsageException("--images or --data is missing: pictures for an adapter of a ViT, texts for one of a T5.");
                case (true, true): throw new UsageException("--images and --data are for models of different kinds; give one of them.");
            }
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
        var logger = ErrorLog.For(parsed, progress.Report);
        void Warn(string warning) => progress.Report($"warning: {warning}");

        using var loaded = LoraAdapter.Load(HubInputs.Folder(parsed, parsed.GetValue(adapter)!, progress, cancellation), logger: logger);
        if (loaded.ZeroWarning is { } still) Warn(still);
        string folder = Path.GetDirectoryName(loaded.WeightsPath!)!, file = Path.Combine(folder, FisherFile.FileName);
        if (File.Exists(file) && !parsed.GetValue(force)) throw new UsageException($"{file} is there already; give --force to replace it.");
        string home = HubInputs.Folder(parsed, parsed.GetValue(@base)!, progress, cancellation);
        var (diagonal, used) = parsed.GetValue(data) is { } texts ? OfTexts(parsed, home, texts, loaded, place, logger, progress, cancellation)
            : OfPictures(parsed, home, loaded, place, logger, progress, cancellation);
        try
        {
            FisherFile.Write(folder, loaded.Fingerprint!, diagonal);
        }
        finally
        {
            foreach (var values in diagonal.Values) values.Dispose();
        }
        ToolOutput.Write(parsed, new FisherReport(file, diagonal.Count, used),
            (console, report) => console.WriteLine($"Wrote the Fisher information of {report.Layers} layers, from {report.Samples} {(parsed.GetValue(data) is null ? "pictures" : "texts")}, to {report.File}."));
        return ExitCodes.Done;
    }

    static (IReadOnlyDictionary<string, Tensor> Diagonal, int Used) OfPictures(ParseResult parsed, string home, LoraAdapter loaded, ComputeSettings place, ILogger? logger,
        IProgressReporter progress, CancellationToken cancellation)
    {
        void Warn(string warning) => progress.Report($"warning: {warning}");
        string[] found = [.. parsed.GetValue(images)!.SelectMany(path => ImageFileList.Of(path, Warn))];
        string[] pictures = [.. Draw(parsed, found.Length).Select(position => found[position])];
        var model = ImageBaseModel.Open(home, device: place.Device, logger: logger, cancellation: cancellation);
        if (model.Warning is { } guessed) Warn(guessed);
        using var vit = model.Load(["head"], headSeed: 0);
        if (loaded.Head is null) throw new ModelFileException(loaded.WeightsPath!, "the adapter saved no head, so what its task's classes are is not known; train it with its head.");
        using var bar = progress.Begin("Fisher information", pictures.Length);
        return (FisherInformation.OfImages(vit, loaded, pictures, model.Preprocessing, parsed.GetValue(seed), bar, cancellation), pictures.Length);
    }

    static (IReadOnlyDictionary<string, Tensor> Diagonal, int Used) OfTexts(ParseResult parsed, string home, string texts, LoraAdapter loaded, ComputeSettings place, ILogger? logger,
        IProgressReporter progress, CancellationToken cancellation)
    {
        var (parts, template) = OwnTextSplits.Open(texts);
        var model = TextBaseModel.Open(home, device: place.Device, logger: logger, cancellation: cancellation);
        var questions = new TokenizedQuestions(parts.Train!, template, model.Tokenizer, new TextLengths());
        var drawn = Draw(parsed, parts.Train!.Count);
        using var t5 = model.Load();
        using var bar = progress.Begin("Fisher information", drawn.Count);
        return (FisherInformation.OfQuestions(t5, loaded, questions, drawn, parsed.GetValue(seed), bar, cancellation), drawn.Count);
    }

    static IReadOnlyList<int> Draw(ParseResult parsed, int count) => FisherInformation.Draw(count, parsed.GetValue(samples), parsed.GetValue(seed));

    sealed record FisherReport(string File, int Layers, int Samples);
}

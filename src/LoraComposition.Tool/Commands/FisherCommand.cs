using System.CommandLine;
using LoraComposition.CommandLine;
using LoraComposition.FewShot;
using Spectre.Console;

namespace LoraComposition.Tool;

/// <summary><c>fisher</c>: computes the Fisher information of an adapter's task and stores it beside the adapter, for <c>compose --method fisher</c>.</summary>
static class FisherCommand
{
    static readonly Option<string> @base = CommonOptions.Base("A ViT.");
    static readonly Option<string> adapter = new("--adapter")
    {
        Description = $"{CommonOptions.AdapterDescription} It needs its saved head; the file is written beside its two.",
        HelpName = "DIR",
        Required = true,
    };

    static readonly Option<string[]> images = new("--images")
    {
        Description = "Pictures of the adapter's task: files, or folders whose pictures are looked for at every depth. They need no labels.",
        Required = true,
        AllowMultipleArgumentsPerToken = true,
    };

    static readonly Option<int> samples = new("--samples") { Description = "The most pictures to use, drawn at random.", DefaultValueFactory = _ => 500, HelpName = "N" };
    static readonly Option<int> seed = CommonOptions.Seed();
    static readonly Option<bool> force = CommonOptions.Replace();
    static readonly ComputeOptions compute = new(withType: false);

    const string Description = "Computes the Fisher information of an adapter's task, which compose --method fisher weighs the adapter by.";

    const string Examples = """
        lora-compose fisher --base vit --adapter adapters/birds --images birds/train
        lora-compose compose --adapter adapters/birds adapters/fish --method fisher --out merged
        """;

    public static Command Create()
    {
        var command = new ToolCommand("fisher", Description, Examples) { @base, adapter, images, samples, seed, force };
        foreach (var option in compute.All) command.Add(option);
        command.SetAction((parsed, cancellation) =>
        {
            OptionReading.AtLeast(parsed, samples, 1);
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
        string[] found = [.. parsed.GetValue(images)!.SelectMany(path => ImageFileList.Of(path, Warn))];
        string[] pictures = [.. FisherInformation.Draw(found.Length, parsed.GetValue(samples), parsed.GetValue(seed)).Select(position => found[position])];
        var model = ImageBaseModel.Open(HubInputs.Folder(parsed, parsed.GetValue(@base)!, progress, cancellation), device: place.Device, logger: logger, cancellation: cancellation);
        if (model.Warning is { } guessed) Warn(guessed);
        using var vit = model.Load(["head"], headSeed: 0);
        if (loaded.Head is null) throw new ModelFileException(loaded.WeightsPath!, "the adapter saved no head, so what its task's classes are is not known; train it with its head.");
        using var bar = progress.Begin("Fisher information", pictures.Length);
        var diagonal = FisherInformation.OfImages(vit, loaded, pictures, model.Preprocessing, parsed.GetValue(seed), bar, cancellation);
        try
        {
            FisherFile.Write(folder, loaded.Fingerprint!, diagonal);
        }
        finally
        {
            foreach (var values in diagonal.Values) values.Dispose();
        }
        ToolOutput.Write(parsed, new FisherReport(file, diagonal.Count, pictures.Length),
            (console, report) => console.WriteLine($"Wrote the Fisher information of {report.Layers} layers, from {report.Pictures} pictures, to {report.File}."));
        return ExitCodes.Done;
    }

    sealed record FisherReport(string File, int Layers, int Pictures);
}

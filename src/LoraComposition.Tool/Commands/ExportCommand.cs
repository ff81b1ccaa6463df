using System.CommandLine;
using System.CommandLine.Parsing;
using LoraComposition.CommandLine;
using LoraComposition.FewShot;
using Spectre.Console;
using static TorchSharp.torch;

namespace LoraComposition.Tool;

/// <summary><c>export</c>: writes an adapted or merged ViT as ONNX.</summary>
static class ExportCommand
{
    static readonly Option<string> model = new("--model")
    {
        Description = "The ViT: a folder that adapt wrote, or a checkpoint with config.json and model.safetensors, as compose --as checkpoint writes it.",
        HelpName = "DIR",
        Required = true,
    };

    static readonly Option<string> output = new("--out") { Description = "The file to write.", HelpName = "FILE", Required = true };
    static readonly Option<bool> float16 = new("--float16")
    {
        Description = "Write the weights in float16 and compute in it: half the size, and the outputs change in the third digit. Pixels and outputs stay float32.",
    };

    static readonly Option<string[]> adapters = new("--adapter")
    {
        Description = "A PEFT folder to compose on the checkpoint first, uniformly; may be given many times, or with several folders. A single one brings its saved head.",
        HelpName = "DIR",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [],
    };

    static readonly Option<string?> baseFolder = new("--base") { Description = "The base's folder of a model that adapt wrote, where it is not where it was.", HelpName = "DIR" };
    static readonly Option<bool> force = new("--force") { Description = "Replace the file that is there." };

    const string Description = "Writes an adapted or merged ViT as ONNX, for programs that run it without libtorch; class names and preprocessing are in its metadata.";

    const string Examples = """
        lora-compose export --model my-model --out my-model.onnx
        lora-compose export --model merged --float16 --out merged.onnx
        lora-compose export --model vit --adapter adapters/eurosat --out eurosat.onnx
        """;

    public static Command Create()
    {
        var command = new ToolCommand("export", Description, Examples) { model, output, float16, adapters, baseFolder, force };
        command.SetAction((parsed, cancellation) =>
        {
            var settings = Read(parsed);
            // Ctrl+C is listened to only once the action has returned its task.
            return Task.Run(() => Run(parsed, settings, cancellation), CancellationToken.None);
        });
        return command;
    }

    static ExportSettings Read(ParseResult parsed)
    {
        string folder = parsed.GetValue(model)!, file = OutputFile.Read(parsed, output, force);
        if (string.IsNullOrWhiteSpace(folder)) throw new UsageException("--model is empty; give a folder.");
        if (Path.GetDirectoryName(Path.GetFullPath(file)) is { } parent && !Directory.Exists(parent))
            throw new UsageException($"--out {file}: there is no folder {parent}; create it, or give another.");
        bool isAdapted = AdaptedModel.IsIn(folder);
        if (isAdapted && parsed.GetValue(adapters)!.Length > 0)
            throw new UsageException($"--adapter is for a checkpoint; {folder} is what adapt wrote, and holds its adapter.");
        if (!isAdapted && parsed.GetValue(baseFolder) is not null)
            throw new UsageException($"--base is for a folder that adapt wrote, and {folder} is none; a checkpoint holds all of its weights.");
        return new ExportSettings
        {
            Model = folder,
            Base = parsed.GetValue(baseFolder),
            Adapters = parsed.GetValue(adapters)!,
            Out = file,
            Dtype = parsed.GetValue(float16) ? ScalarType.Float16 : ScalarType.Float32,
        };
    }

    static int Run(ParseResult parsed, ExportSettings settings, CancellationToken cancellation)
    {
        ExportReport report;
        using (var progress = ProgressReporter.ForStandardError())
        {
            var log = ErrorLog.For(parsed, progress.Report);
            settings = settings with
            {
                Base = HubInputs.Folder(parsed, settings.Base, progress, cancellation),
                Adapters = HubInputs.Folders(parsed, settings.Adapters, progress, cancellation),
            };
            report = ExportJob.Run(settings, log, progress, cancellation);
            foreach (string warning in report.Warnings.Where(warning => log?.Holds(warning) != true)) progress.Report($"warning: {warning}");
        }
        ToolOutput.Write(parsed, report, Print);
        return ExitCodes.Done;
    }

    static void Print(IAnsiConsole console, ExportReport report)
    {
        console.WriteLine(FormattableString.Invariant($"Wrote {report.Out}: {report.Bytes / 1e6:F1} MB, {report.Dtype}, ONNX operator set {report.Opset}."));
        console.WriteLine($"It reads {report.Input} [batch, {string.Join(", ", report.InputShape)}] "
            + $"and gives {report.Output} [batch, {string.Join(", ", report.OutputShape)}].");
    }
}

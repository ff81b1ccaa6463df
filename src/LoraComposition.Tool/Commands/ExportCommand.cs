using System.CommandLine;
using System.CommandLine.Parsing;
using LoraComposition.CommandLine;
using Spectre.Console;
using static TorchSharp.torch;

namespace LoraComposition.Tool;

/// <summary><c>export</c>: writes an adapted or merged ViT as ONNX.</summary>
static class ExportCommand
{
    static readonly ClassifierOptions model = new();
    static readonly Option<string> output = new("--out") { Description = "The file to write.", HelpName = "FILE", Required = true };
    static readonly Option<bool> float16 = new("--float16")
    {
        Description = "Write the weights in float16 and compute in it: half the size, and the outputs change in the third digit. Pixels and outputs stay float32.",
    };

    static readonly Option<bool> force = CommonOptions.Replace();

    const string Description = "Writes an adapted or merged ViT as ONNX, for programs that run it without libtorch; class names and preprocessing are in its metadata.";

    const string Examples = """
        lora-compose export --model my-model --out my-model.onnx
        lora-compose export --model merged --float16 --out merged.onnx
        lora-compose export --base vit --adapter adapters/eurosat --out eurosat.onnx
        """;

    public static Command Create()
    {
        var command = new ToolCommand("export", Description, Examples) { output, float16, force };
        foreach (var option in model.All) command.Add(option);
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
        var choice = model.Read(parsed);
        string file = OutputFile.Read(parsed, output, force);
        if (Path.GetDirectoryName(Path.GetFullPath(file)) is { } parent && !Directory.Exists(parent))
            throw new UsageException($"--out {file}: there is no folder {parent}; create it, or give another.");
        return new ExportSettings { Model = choice, Out = file, Dtype = parsed.GetValue(float16) ? ScalarType.Float16 : ScalarType.Float32 };
    }

    static int Run(ParseResult parsed, ExportSettings settings, CancellationToken cancellation)
    {
        ExportReport report;
        using (var progress = ProgressReporter.ForStandardError())
        {
            var log = ErrorLog.For(parsed, progress.Report);
            settings = settings with { Model = settings.Model.Fetched(parsed, progress, cancellation) };
            report = ExportJob.Run(settings, log, progress, cancellation);
            ErrorLog.Tell(report.Warnings, log, progress);
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

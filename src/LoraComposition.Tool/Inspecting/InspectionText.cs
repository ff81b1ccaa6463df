using System.Globalization;
using LoraComposition.CommandLine;
using Spectre.Console;

namespace LoraComposition.Tool;

/// <summary>Shows what a file or folder holds to people.</summary>
static class InspectionText
{
    public static void Print(IAnsiConsole console, Inspection inspection)
    {
        console.WriteLine($"{inspection.Path}: {inspection.Kind}, {inspection.Tensors.Count} tensors, {inspection.Parameters:N0} numbers ({Types(inspection)}), {Size(inspection.Bytes)}.");
        switch (inspection)
        {
            case AdapterInspection adapter:
                Print(console, adapter);
                break;
            case CheckpointInspection checkpoint:
                console.WriteLine($"Model: {checkpoint.Model ?? "not named"}. Files: {string.Join(", ", checkpoint.Files)}.");
                console.WriteLine(checkpoint.Refusal is { } reason ? $"This library cannot load it: {reason}"
                    : $"This library can load it. Adapters can target: {string.Join(", ", checkpoint.Targets!)}.");
                Tensors(console, checkpoint);
                break;
            default:
                Tensors(console, inspection);
                break;
        }
        foreach (var (key, text) in inspection.Metadata) console.WriteLine($"metadata {key}: {text}");
    }

    static void Print(IAnsiConsole console, AdapterInspection adapter)
    {
        console.WriteLine($"Base model: {adapter.BaseModel ?? "not named"}{(adapter.Revision is { } revision ? $", revision {revision}" : "")}. Targets: {string.Join(", ", adapter.Targets)}. Saved head: {(adapter.HeadClasses is { } classes ? $"{classes} classes" : "none")}.");
        var table = new ConsoleTable("layer", "rank", "alpha", "scaling", "out × in", "norm of the update");
        foreach (var layer in adapter.Layers)
            table.AddRow(layer.Path, Number(layer.Rank), layer.Alpha is { } alpha ? Number(alpha) : "", Number(layer.Scaling),
                $"{layer.OutFeatures} × {layer.InFeatures}", Number(layer.Norm));
        table.Write(console);
        foreach (string warning in adapter.Warnings) console.WriteLine($"warning: {warning}");
    }

    static void Tensors(IAnsiConsole console, Inspection inspection)
    {
        var table = new ConsoleTable("tensor", "type", "shape", "bytes") { LeftColumns = 3 };
        foreach (var tensor in inspection.Tensors) table.AddRow(tensor.Name, tensor.Dtype, $"[{string.Join(", ", tensor.Shape)}]", $"{tensor.Bytes:N0}");
        table.Write(console);
    }

    static string Types(Inspection inspection) => string.Join(", ", inspection.Dtypes.Select(type => $"{type.Value:N0} {type.Key}"));

    static string Number(double value) => value.ToString("G5", CultureInfo.InvariantCulture);

    static string Size(long bytes) => bytes switch
    {
        < 1 << 10 => $"{bytes} bytes",
        < 1 << 20 => $"{bytes / 1024.0:F1} KiB",
        < 1 << 30 => $"{bytes / 1048576.0:F1} MiB",
        _ => $"{bytes / 1073741824.0:F2} GiB",
    };
}

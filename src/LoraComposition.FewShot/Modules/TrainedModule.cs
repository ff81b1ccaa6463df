using System.Text.Json;
using LoraComposition.Files;

namespace LoraComposition.FewShot;

/// <summary>A module that was trained, with its report.</summary>
/// <remarks>Owns the module. Not thread-safe.</remarks>
public sealed class TrainedModule : IDisposable
{
    /// <summary>The file of the report in the module's folder.</summary>
    public const string ReportFile = "training.json";

    /// <summary>The file of the model card in the module's folder.</summary>
    public const string CardFile = "README.md";

    const long LargestReport = 16 << 20;

    internal TrainedModule(LoraAdapter module, ModuleReport report) => (Module, Report) = (module, report);

    /// <summary>The module with its head, where the task has one. Owned by this object.</summary>
    public LoraAdapter Module { get; }

    /// <summary>How it was trained.</summary>
    public ModuleReport Report { get; }

    /// <summary>Writes the module as a PEFT folder with its report and model card, whole or not at all.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="replace">Whether files that are there are replaced. Default false: the folder must be missing or empty.</param>
    /// <param name="command">The command line that made it, for the report and the card; without paths of this machine. None where not given.</param>
    /// <param name="further">Writes further files into the folder it is given, for example a picture; nothing where not given.</param>
    /// <exception cref="IOException">The folder holds something and is not to be replaced, or cannot be written.</exception>
    public void Save(string folder, bool replace = false, string? command = null, Action<string>? further = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        var report = Report with { Command = command };
        StagedFolder.Write(folder, staging =>
        {
            Module.Save(staging);
            AtomicFile.Write(Path.Combine(staging, ReportFile), report.ToJson());
            AtomicFile.Write(Path.Combine(staging, CardFile), ModuleCard.Of(report));
            further?.Invoke(staging);
        }, replace);
    }

    /// <inheritdoc/>
    public void Dispose() => Module.Dispose();

    /// <summary>The labels that a module of texts learned, as its report says: in the order in which they were offered to the model.</summary>
    /// <param name="folder">The module's folder.</param>
    /// <returns>The labels; null where there is no report, or it is of another task.</returns>
    /// <exception cref="ModelFileException">The report is damaged.</exception>
    public static IReadOnlyList<string>? LabelsIn(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        string path = Path.Combine(folder, ReportFile);
        if (!File.Exists(path)) return null;
        if (new FileInfo(path).Length > LargestReport) throw new ModelFileException(path, $"expected at most {LargestReport} bytes, found {new FileInfo(path).Length}.");
        try
        {
            using var report = JsonDocument.Parse(File.ReadAllBytes(path));
            if (report.RootElement.GetProperty("task").GetString() != TextModuleRun.LabelTask) return null;
            string[] labels = [.. report.RootElement.GetProperty("classes").EnumerateArray().Select(row => row.GetProperty("name").GetString() ?? "")];
            return labels.Length > 1 && labels.Distinct(StringComparer.Ordinal).Count() == labels.Length && labels.All(label => label.Length > 0) ? labels
                : throw new ModelFileException(path, "expected at least two labels, each once and with a name; train the module again.");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new ModelFileException(path, $"expected the report of a training, but it is damaged: {e.Message}", e);
        }
    }
}

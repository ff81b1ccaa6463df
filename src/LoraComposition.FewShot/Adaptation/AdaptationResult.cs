using System.Text.Json;
using LoraComposition.Files;

namespace LoraComposition.FewShot;

/// <summary>The report of how an adapted model was found, and its folder.</summary>
/// <remarks>Owns the model. Not thread-safe.</remarks>
public abstract class AdaptationResult : IDisposable
{
    private protected AdaptationResult(AdaptationReport report) => Report = report;

    /// <summary>What was tried and what came out.</summary>
    public AdaptationReport Report { get; }

    /// <summary>Writes the model's folder with <c>report.json</c> and <c>report.md</c> in it, <c>adapted.json</c> last.</summary>
    /// <param name="folder">The folder; it is created where it is missing.</param>
    /// <param name="replace">Whether a model that is there is replaced. Files of other names stay.</param>
    /// <exception cref="IOException">The folder holds something and is not to be replaced, or cannot be written.</exception>
    public void Save(string folder, bool replace = false)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        AdaptedModelFolder.Write(folder, replace, building =>
        {
            AtomicFile.Write(Path.Combine(building, AdaptedModelFiles.Report),
                stream => JsonSerializer.Serialize(stream, Report, AdaptationJson.Default.AdaptationReport));
            AtomicFile.Write(Path.Combine(building, AdaptedModelFiles.ReadableReport), AdaptationMarkdown.Of(Report));
            WriteModel(building, folder);
        });
    }

    /// <summary>Lets go of the model.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Writes the model into one folder, which will then be another.</summary>
    private protected abstract void WriteModel(string building, string final);

    private protected abstract void Dispose(bool disposing);
}

/// <summary>The adapted ViT and the report of how it was found.</summary>
/// <remarks>Owns the model. Not thread-safe.</remarks>
public sealed class ImageAdaptationResult : AdaptationResult
{
    internal ImageAdaptationResult(AdaptedModel model, AdaptationReport report) : base(report) => Model = model;

    /// <summary>The adapted model. Owned by this object.</summary>
    public AdaptedModel Model { get; }

    private protected override void WriteModel(string building, string final) => Model.Write(building, final);

    private protected override void Dispose(bool disposing) => Model.Dispose();
}

/// <summary>The adapted T5 and the report of how it was found.</summary>
/// <remarks>Owns the model. Not thread-safe.</remarks>
public sealed class TextAdaptationResult : AdaptationResult
{
    internal TextAdaptationResult(AdaptedTextModel model, AdaptationReport report) : base(report) => Model = model;

    /// <summary>The adapted model. Owned by this object.</summary>
    public AdaptedTextModel Model { get; }

    private protected override void WriteModel(string building, string final) => Model.Write(building, final);

    private protected override void Dispose(bool disposing) => Model.Dispose();
}

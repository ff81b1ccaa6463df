using System.Text.Json;
using LoraComposition.Files;

namespace LoraComposition.FewShot;

/// <summary>The adapted model and the report of how it was found. Owns the model.</summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class ImageAdaptationResult : IDisposable
{
    internal ImageAdaptationResult(AdaptedModel model, AdaptationReport report) => (Model, Report) = (model, report);

    /// <summary>The adapted model. Owned by this object.</summary>
    public AdaptedModel Model { get; }

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
            AtomicFile.Write(Path.Combine(building, AdaptedModelFiles.Report), stream => JsonSerializer.Serialize(stream, Report, AdaptationJson.Default.AdaptationReport));
            AtomicFile.Write(Path.Combine(building, AdaptedModelFiles.ReadableReport), stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(AdaptationMarkdown.Of(Report))));
            Model.Write(building);
        });
    }

    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();
}

using System.Text.Json;
using LoraComposition.Files;

namespace LoraComposition.FewShot;

/// <summary>How a model is adapted to a folder of labelled images.</summary>
public sealed record ImageAdaptationOptions
{
    /// <summary>The images per class to learn from, K. Default 10.</summary>
    public int Shots { get; init; } = 10;

    /// <summary>
    /// At most so many further images of each class are held out to stop the training and to compare the methods; 0, or where there are none: the images learned
    /// from take turns for it. Default 20.
    /// </summary>
    public int ValidationPerClass { get; init; } = 20;

    /// <summary>
    /// Whether pictures that cannot be decoded are left out and others of their class taken in their place; the report lists them all. Default false: they are
    /// refused together, before anything is trained.
    /// </summary>
    public bool SkipDamaged { get; init; }

    /// <summary>The methods to try, each once, the cheap ones first. Default: those of <see cref="AutomaticChoice"/>.</summary>
    public IReadOnlyList<ITuningMethod> Methods { get; init; } = AutomaticChoice.Methods;

    /// <summary>The settings of the methods.</summary>
    public TuningOptions Tuning { get; init; } = new();

    /// <summary>The seed of the draw of images, of random starts and of the order of the samples. Default 0.</summary>
    public int Seed { get; init; }

    /// <summary>Checks every setting.</summary>
    /// <exception cref="ArgumentException">A setting lies outside its range, or a method changes the base's own weights.</exception>
    public void Validate()
    {
        if (Shots < 1) throw new ArgumentException($"The shots are {Shots}; they must be at least 1.");
        if (ValidationPerClass < 0) throw new ArgumentException($"The validation images per class are {ValidationPerClass}; they must be at least 0.");
        if (Methods.Count == 0) throw new ArgumentException("There is no method; give at least one.");
        if (Methods.GroupBy(m => m.Name).FirstOrDefault(g => g.Count() > 1) is { } twice) throw new ArgumentException($"The method '{twice.Key}' is given twice.");
        if (Methods.FirstOrDefault(m => !m.KeepsBase) is { } method)
            throw new ArgumentException($"The method '{method.Name}' changes the base's own weights; an adapter cannot hold that.");
        Tuning.Validate();
    }
}

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
            AtomicFile.Write(Path.Combine(building, AdaptedModelFiles.Report),
                stream => JsonSerializer.Serialize(stream, Report, AdaptationJson.Default.AdaptationReport));
            AtomicFile.Write(Path.Combine(building, AdaptedModelFiles.ReadableReport),
                stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(AdaptationMarkdown.Of(Report))));
            Model.Write(building, folder);
        });
    }

    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();
}

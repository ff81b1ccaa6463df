using System.Text.Json;
using LoraComposition.Adapters;
using LoraComposition.FewShot.Progress;
using LoraComposition.FewShot.Results;
using LoraComposition.FewShot.Training;
using LoraComposition.Serialization;

namespace LoraComposition.FewShot.Upstream;

/// <summary>One LoRA per upstream task, each kept as a PEFT folder and trained only where it is not there yet.</summary>
/// <remarks>
/// A folder's name ends in the key of its training: a hash of the foundation, the data and the settings. It appears whole, by a rename, so that
/// several processes may share it.
/// </remarks>
public sealed class UpstreamModules
{
    const string Report = "training.json";
    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    readonly string folder;

    /// <summary>Names the folder.</summary>
    /// <param name="folder">The folder that holds a sub-folder for each module; created where it is missing.</param>
    public UpstreamModules(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        this.folder = folder;
    }

    /// <summary>The key of a training: the same key, the same module.</summary>
    /// <param name="training">The training.</param>
    /// <returns>A SHA-256 in hexadecimal digits.</returns>
    public static string KeyOf(IModuleTraining training)
    {
        ArgumentNullException.ThrowIfNull(training);
        return ConfigurationHash.Of(training.Configuration);
    }

    /// <summary>Reads a module, or trains and saves it first.</summary>
    /// <param name="training">How it comes about.</param>
    /// <param name="progress">Is told how far the training is.</param>
    /// <param name="cancellation">Stops between two steps and leaves nothing behind.</param>
    /// <returns>The module. The caller owns it.</returns>
    /// <exception cref="ModelFileException">The module that is there is damaged.</exception>
    /// <exception cref="TrainingDivergedException">The learning rate is too high.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public LoraAdapter GetOrTrain(IModuleTraining training, IProgressReporter progress, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(progress);
        string target = Path.Combine(folder, $"{training.Name}-{KeyOf(training)[..12]}");
        if (!Directory.Exists(target)) Train(training, target, progress, cancellation);
        return LoraAdapter.Load(target, training.Name);
    }

    static void Train(IModuleTraining training, string target, IProgressReporter progress, CancellationToken cancellation)
    {
        var (module, outcome) = training.Train(progress, cancellation);
        string building = $"{target}.{Guid.NewGuid():N}.partial";
        try
        {
            using (module) module.Save(building);
            AtomicFile.Write(Path.Combine(building, Report), stream => JsonSerializer.Serialize(stream, new { configuration = ConfigurationHash.ToJson(training.Configuration), outcome }, Indented));
            Directory.Move(building, target);
        }
        catch (IOException) when (Directory.Exists(target))
        {
            // Another process finished the same module meanwhile; either of the two is as good.
        }
        finally
        {
            if (Directory.Exists(building)) Directory.Delete(building, recursive: true);
        }
    }
}

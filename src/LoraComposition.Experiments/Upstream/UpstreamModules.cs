using System.Diagnostics;
using System.Text.Json;
using LoraComposition.FewShot;
using LoraComposition.Files;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace LoraComposition.Experiments;

/// <summary>One LoRA per upstream task, each kept as a PEFT folder and trained only where it is not there yet.</summary>
/// <remarks>
/// A folder's name ends in the key of its training: a hash of the base model, the data and the settings. It appears whole, by a rename, so that
/// several processes may share it.
/// Not thread-safe: processes may share the folder, threads train one after the other.
/// </remarks>
public sealed class UpstreamModules
{
    const string Report = "training.json";
    static readonly JsonSerializerOptions indented = new() { WriteIndented = true };
    readonly string folder;
    readonly ILogger logger;

    /// <summary>Names the folder.</summary>
    /// <param name="folder">The folder that holds a sub-folder for each module; created where it is missing.</param>
    /// <param name="logger">Is told what is done.</param>
    public UpstreamModules(string folder, ILogger? logger = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        (this.folder, this.logger) = (folder, logger ?? NullLogger.Instance);
    }

    /// <summary>The key of a training: the same key, the same module.</summary>
    /// <param name="training">The training.</param>
    /// <returns>A SHA-256 in hexadecimal digits.</returns>
    public static string KeyOf(IModuleTraining training)
    {
        ArgumentNullException.ThrowIfNull(training);
        return ConfigurationHash.Of(training.Configuration);
    }

    /// <summary>Whether a module is trained already.</summary>
    /// <param name="training">How it comes about.</param>
    /// <returns>Whether its folder is there; folders appear whole.</returns>
    public bool IsThere(IModuleTraining training) => Directory.Exists(PathOf(training));

    /// <summary>Reads a module, or trains and saves it first.</summary>
    /// <param name="training">How it comes about.</param>
    /// <param name="progress">Is told how far the work is.</param>
    /// <param name="cancellation">Stops between two steps and leaves nothing behind.</param>
    /// <returns>The module. The caller owns it.</returns>
    /// <exception cref="ModelFileException">The module that is there is damaged.</exception>
    /// <exception cref="TrainingDivergedException">The learning rate is too high.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public LoraAdapter GetOrTrain(IModuleTraining training, IProgressReporter? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(training);
        string target = PathOf(training);
        bool isThere = Directory.Exists(target);
        if (isThere) logger.ModuleIsThere(training.Name, target);
        else Train(training, target, progress, cancellation);
        var module = LoraAdapter.Load(target, training.Name, logger: logger);
        if (isThere && module.ZeroWarning is { } warning) Warn(warning, progress);
        return module;
    }

    /// <summary>Puts the Fisher information of a module's task beside it, where it is not there yet.</summary>
    /// <param name="training">How the module came about.</param>
    /// <param name="module">The module, as it was read from its folder. It stays the caller's.</param>
    /// <param name="progress">Is told how far the work is.</param>
    /// <param name="cancellation">Stops between two samples and leaves nothing behind.</param>
    /// <exception cref="ArgumentException">The module was made in memory.</exception>
    /// <exception cref="NotSupportedException">The training has no way to measure it.</exception>
    /// <exception cref="ModelFileException">What is there is damaged, or of another module.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static void MeasureFisher(IModuleTraining training, LoraAdapter module, IProgressReporter? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(module);
        string home = Path.GetDirectoryName(module.WeightsPath ?? throw new ArgumentException($"Module '{module.Name}' was made in memory.", nameof(module)))!;
        if (File.Exists(Path.Combine(home, FisherFile.FileName)))
        {
            FisherFile.Open(module).Dispose();
            return;
        }
        var diagonal = training.MeasureFisher(module, progress, cancellation);
        try
        {
            FisherFile.Write(home, module.Fingerprint!, diagonal);
        }
        finally
        {
            foreach (var values in diagonal.Values) values.Dispose();
        }
    }

    string PathOf(IModuleTraining training)
    {
        ArgumentNullException.ThrowIfNull(training);
        return Path.Combine(folder, $"{training.Name}-{KeyOf(training)[..12]}");
    }

    void Train(IModuleTraining training, string target, IProgressReporter? progress, CancellationToken cancellation)
    {
        long started = Stopwatch.GetTimestamp();
        foreach (string leftover in StagedFolder.RemoveLeftovers(folder)) progress?.Report($"warning: removed {leftover}, which a run left that was killed");
        var (module, outcome) = training.Train(progress, cancellation);
        using var trained = module;
        // A start that was kept is an update of zero, which is the stronger word; only a training of one's own can start elsewhere.
        string[] warnings = module.ZeroWarning is { } zero ? [zero]
            : [.. TrainingRemarks.Of(outcome, findings: null, module.ParameterCount).Select(remark => $"Module '{training.Name}': {remark}")];
        foreach (string warning in warnings) Warn(warning, progress);
        try
        {
            StagedFolder.Write(target, building =>
            {
                module.Save(building, logger: logger);
                AtomicFile.Write(Path.Combine(building, Report), stream =>
                    JsonSerializer.Serialize(stream, new { configuration = ConfigurationHash.ToJson(training.Configuration), outcome, warnings }, indented));
            }, replace: false, logger);
            logger.ModuleTrained(training.Name, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds, target);
        }
        catch (IOException) when (Directory.Exists(target))
        {
            // Either of the two is as good.
            logger.ModuleWasFinishedElsewhere(training.Name, target);
        }
    }

    void Warn(string warning, IProgressReporter? progress)
    {
        progress?.Report($"warning: {warning}");
        logger.ModuleIsDoubtful(warning);
    }
}

/// <summary>What making upstream modules tells a logger.</summary>
static partial class UpstreamLog
{
    [LoggerMessage(EventId = 2100, Level = LogLevel.Information, Message = "Skipped the training of module '{Module}': {Path} holds it")]
    public static partial void ModuleIsThere(this ILogger logger, string module, string path);

    [LoggerMessage(EventId = 2101, Level = LogLevel.Information, Message = "Trained module '{Module}' in {Milliseconds} ms, kept in {Path}")]
    public static partial void ModuleTrained(this ILogger logger, string module, long milliseconds, string path);

    [LoggerMessage(EventId = 2102, Level = LogLevel.Warning, Message = "Another process finished module '{Module}' meanwhile; the one it put in {Path} is used")]
    public static partial void ModuleWasFinishedElsewhere(this ILogger logger, string module, string path);

    [LoggerMessage(EventId = 2103, Level = LogLevel.Warning, Message = "{Problem}")]
    public static partial void ModuleIsDoubtful(this ILogger logger, string problem);
}

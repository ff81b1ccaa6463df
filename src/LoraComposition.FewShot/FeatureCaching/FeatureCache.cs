using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace LoraComposition.FewShot;

/// <summary>
/// Features of frozen models, kept on disk by what decides them: the base's weights and configuration, the modules composed on it, the pictures as the model sees
/// them, the type, the device, and the versions of what computes. Whoever asks for the same features again, another method, seed, K or process, reads them and
/// gets the same numbers to the bit.
/// </summary>
/// <remarks>
/// Safe to use from several threads and processes at once, also on a shared file system, without locks: files appear whole, and two processes that compute the same
/// do no harm. Each file has a checksum; what is damaged is removed and computed anew. Where the folder cannot be written, a warning says so once, and nothing is kept.
/// </remarks>
public sealed class FeatureCache
{
    static readonly TimeSpan abandoned = TimeSpan.FromDays(1);

    readonly FeatureCacheOptions options;
    int told;

    /// <summary>Describes the cache. Nothing is read or written yet.</summary>
    /// <param name="options">Where and how much; defaults where not given.</param>
    /// <param name="logger">Is told what was read, computed, and removed because it was damaged.</param>
    /// <exception cref="ArgumentException">A setting cannot be worked with.</exception>
    public FeatureCache(FeatureCacheOptions? options = null, ILogger? logger = null)
    {
        this.options = options ?? new FeatureCacheOptions();
        this.options.Validate();
        Logger = logger ?? NullLogger.Instance;
    }

    /// <summary>The folder.</summary>
    public string Folder => options.Folder;

    internal ILogger Logger { get; }

    /// <summary>What is kept of one frozen model's features.</summary>
    /// <param name="key">Everything that decides them but the picture, 64 hexadecimal digits.</param>
    internal KeptFeatures Open(string key) => new(this, Path.Combine(Folder, key), key);

    /// <summary>Writes to the folder. Where that cannot be, the features are computed all the same.</summary>
    /// <returns>Whether it was done.</returns>
    internal bool TryWrite(Action write)
    {
        try
        {
            write();
            return true;
        }
        catch (FileNotFoundException)
        {
            // Another process has merged or removed the file meanwhile.
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (Interlocked.Exchange(ref told, 1) == 0) Logger.FeaturesCannotBeKept(Folder, e.Message);
            return false;
        }
    }

    /// <summary>Whether a file may be written at all.</summary>
    internal bool HasRoomFor(long bytes) => bytes <= options.MostBytes;

    /// <summary>Removes the files that were not used for longest, until the others are within the bound.</summary>
    /// <param name="written">The file that was just written, which stays.</param>
    internal void Trim(string written)
    {
        var files = new DirectoryInfo(Folder).EnumerateFiles("*", SearchOption.AllDirectories).OrderBy(file => file.LastWriteTimeUtc).ToArray();
        long bytes = files.Sum(file => file.Length);
        foreach (var file in files)
        {
            // A process that was killed has left what it was writing.
            bool left = file.Extension == ".tmp" && DateTime.UtcNow - file.LastWriteTimeUtc > abandoned;
            if (!left && (bytes <= options.MostBytes || file.FullName == Path.GetFullPath(written) || file.Extension == ".tmp")) continue;
            bytes -= file.Length;
            file.Delete();
        }
    }
}

/// <summary>What keeping features tells a logger.</summary>
static partial class FeatureCacheLog
{
    [LoggerMessage(EventId = 1220, Level = LogLevel.Debug, Message = "Features in {Folder}: {Read} read, {Computed} computed")]
    public static partial void FeaturesTaken(this ILogger logger, string folder, int read, int computed);

    [LoggerMessage(EventId = 1221, Level = LogLevel.Warning, Message = "Kept features are damaged, removed and computed anew: {Problem}")]
    public static partial void KeptFeaturesDamaged(this ILogger logger, string problem);

    [LoggerMessage(EventId = 1222, Level = LogLevel.Warning, Message = "Features cannot be kept in {Folder}: {Problem}")]
    public static partial void FeaturesCannotBeKept(this ILogger logger, string folder, string problem);
}

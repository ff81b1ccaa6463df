using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.RegularExpressions;
using LoraComposition.FewShot;
using LoraComposition.Files;

namespace LoraComposition.Experiments;

/// <summary>
/// The results of an experiment in a folder, one file per run, so that an interrupted experiment goes on where it stopped. Files are
/// written whole or not at all and there are no locks: several processes may share the folder.
/// </summary>
/// <remarks>Safe to use from several threads.</remarks>
public sealed partial class RunStore
{
    // The indices of a million samples are 8 MB.
    const long LongestFile = 256 << 20;

    readonly string folder;

    /// <summary>Names the folder. It is created with the first result.</summary>
    /// <param name="folder">The folder of one experiment.</param>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    public RunStore(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        this.folder = Path.GetFullPath(folder);
    }

    /// <summary>Looks for the result of a run that was done before with the same configuration.</summary>
    /// <param name="key">The run.</param>
    /// <param name="configurationHash">The hash of the configuration it would run with.</param>
    /// <param name="result">The result, where there is one.</param>
    /// <returns>Whether the run can be skipped.</returns>
    /// <exception cref="RunConflictException">The file holds a result of another configuration or experiment.</exception>
    /// <exception cref="RunFileException">The file is damaged.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    internal bool TryLoad(RunKey key, string configurationHash, [NotNullWhen(true)] out RunResult? result) => TryLoad(key, configurationHash, null, out result);

    /// <summary>Looks for the result of a run that was done before, and says in which settings another one differs.</summary>
    /// <param name="key">The run.</param>
    /// <param name="configuration">The configuration it would run with.</param>
    /// <param name="result">The result, where there is one.</param>
    /// <returns>Whether the run can be skipped.</returns>
    /// <exception cref="RunConflictException">The file holds a result of another configuration or experiment.</exception>
    /// <exception cref="RunFileException">The file is damaged.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    internal bool TryLoad(RunKey key, JsonElement configuration, [NotNullWhen(true)] out RunResult? result) =>
        TryLoad(key, ConfigurationHash.Of(configuration), configuration, out result);

    bool TryLoad(RunKey key, string configurationHash, JsonElement? configuration, [NotNullWhen(true)] out RunResult? result)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentException.ThrowIfNullOrWhiteSpace(configurationHash);
        string path = PathOf(key);
        result = File.Exists(path) ? Read(path) : null;
        if (result is null) return false;
        if (result.Key != key) throw new RunConflictException(path, $"{key}", $"{result.Key}");
        if (result.ConfigurationHash != configurationHash)
        {
            throw new RunConflictException(path, configurationHash, result.ConfigurationHash,
                configuration is { } now ? ConfigurationDifferences.Of(result.Configuration, now) : []);
        }
        return true;
    }

    /// <summary>Writes a result, whole or not at all. A result of the same run and configuration is replaced.</summary>
    /// <param name="result">The result.</param>
    /// <exception cref="ArgumentException">The result cannot be: for example an accuracy that is not from 0 to 1.</exception>
    /// <exception cref="RunConflictException">The file holds a result of another configuration or experiment; it is left as it is.</exception>
    /// <exception cref="RunFileException">The file that is there is damaged.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    internal void Save(RunResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        if (result.Problem() is { } problem) throw new ArgumentException($"The result of {result.Key}: {problem}.", nameof(result));
        TryLoad(result.Key, result.ConfigurationHash, result.Configuration, out _);
        Directory.CreateDirectory(folder);
        AtomicFile.Write(PathOf(result.Key), stream =>
        {
            JsonSerializer.Serialize(stream, result, RunResultJson.Default.RunResult);
            stream.WriteByte((byte)'\n');
        });
    }

    /// <summary>Reads every result in the folder, in ordinal order of the file names. Files not named like a run are passed over.</summary>
    /// <returns>The results; none where the folder does not exist.</returns>
    /// <exception cref="RunFileException">A file is damaged, or was renamed.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public IEnumerable<RunResult> LoadAll() => LoadAll([]);

    /// <summary>All results in the folder, of which only those are read that are not at hand.</summary>
    internal IEnumerable<RunResult> LoadAll(IReadOnlyList<RunResult> known)
    {
        if (!Directory.Exists(folder)) return [];
        var atHand = known.ToDictionary(result => result.Key.FileName, StringComparer.Ordinal);
        var results = new List<RunResult>();
        foreach (string path in Directory.EnumerateFiles(folder).Where(p => RunFileName().IsMatch(Path.GetFileName(p))).Order(StringComparer.Ordinal))
        {
            if (atHand.TryGetValue(Path.GetFileName(path), out var result))
            {
                results.Add(result);
                continue;
            }
            result = Read(path);
            // A copy under another name would count the same run twice.
            if (Path.GetFileName(path) != result.Key.FileName)
                throw new RunFileException(path, $"expected a file named {result.Key.FileName} for the run it holds. Rename or remove it.");
            results.Add(result);
        }
        return results;
    }

    /// <summary>
    /// Where to keep a file that belongs to a run beside its result, for example <c>learned-k005-seed1.predictions.jsonl</c>. The folder is created where it is
    /// missing.
    /// </summary>
    /// <param name="key">The run.</param>
    /// <param name="extension">The end of the file's name, without the leading point; it is not <c>json</c>.</param>
    /// <returns>The path.</returns>
    /// <exception cref="IOException">The folder cannot be created.</exception>
    internal string PathBeside(RunKey key, string extension)
    {
        Directory.CreateDirectory(folder);
        return Path.ChangeExtension(PathOf(key), extension);
    }

    string PathOf(RunKey key) => Path.Combine(folder, key.FileName);

    static RunResult Read(string path)
    {
        RunResult? result;
        OutsideFile.Check(path, LongestFile, RunFileException.For(path));
        try
        {
            // Another process may replace the file meanwhile.
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            result = JsonSerializer.Deserialize(stream, RunResultJson.Default.RunResult);
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw Damaged(path, e.Message, e);
        }
        string? problem = result is null ? "expected a result, found null" : result.Problem();
        return problem is null ? result! with { Weights = LearnedWeights.Read(result!.Details, path) } : throw Damaged(path, problem, null);
    }

    static RunFileException Damaged(string path, string what, Exception? inner) =>
        new(path, $"expected the result of a run as JSON, but it is damaged: {what.TrimEnd('.')}. Delete the file to run it again.", inner);

    [GeneratedRegex(@"^[a-z0-9-]+-k(\d{3,}|all)-seed-?\d+\.json$", RegexOptions.CultureInvariant)]
    private static partial Regex RunFileName();
}

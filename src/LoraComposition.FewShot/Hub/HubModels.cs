namespace LoraComposition.FewShot;

/// <summary>Finds models and adapters by their names on a hub: in the hub's local cache, or fetched into it.</summary>
public static class HubModels
{
    /// <summary>Whether a text names a model on a hub, <c>owner/name</c> or <c>owner/name@revision</c>, and no file or folder here.</summary>
    /// <param name="pathOrName">What the user gave.</param>
    /// <returns>True where <c>Resolve</c> would look for it in the cache.</returns>
    public static bool IsName(string pathOrName)
    {
        ArgumentNullException.ThrowIfNull(pathOrName);
        return !Path.Exists(pathOrName) && HubReference.Parse(pathOrName) is not null;
    }

    /// <summary>
    /// The folder of a model or adapter. What exists here is taken as it is; <c>owner/name</c>, or <c>owner/name@revision</c> for a branch, a tag or a commit, is
    /// looked for in the cache that the hub's own client uses, without a request where it is whole there, and is fetched into it where it is not.
    /// </summary>
    /// <param name="pathOrName">A folder, a file, or a name on the hub.</param>
    /// <param name="options">Where to look. Default: what the environment says.</param>
    /// <param name="progress">Shows what is fetched, in bytes.</param>
    /// <param name="cancellation">Stops; what of a file has come is kept, and the next call goes on with it.</param>
    /// <returns>The folder; the text that was given where it exists here, or is no name on a hub.</returns>
    /// <remarks>
    /// Fetched are configurations, tokenizers and safetensors files, never pickles or programs, each checked against the hash that the hub gives for it. A file is
    /// seen under its name only when it is whole and its hash is right, and the weights last, so that a process that is killed leaves nothing half. Safe to use from
    /// several threads and processes at once: one fetches, the others wait.
    /// </remarks>
    /// <exception cref="HubException">It is not in the cache and cannot be fetched: the message says why and what to do.</exception>
    /// <exception cref="ModelFileException">An index of shards is damaged.</exception>
    /// <exception cref="ArgumentException">A setting cannot be worked with.</exception>
    /// <exception cref="IOException">The cache cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static string Resolve(string pathOrName, HubOptions? options = null, IProgressReporter? progress = null, CancellationToken cancellation = default) =>
        Resolve(pathOrName, options ?? new HubOptions(), Task.Delay, progress ?? NullProgressReporter.Instance, cancellation);

    /// <summary>As the other, with another way to wait between attempts.</summary>
    internal static string Resolve(string pathOrName, HubOptions options, Func<TimeSpan, CancellationToken, Task> wait, IProgressReporter progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(pathOrName);
        if (!IsName(pathOrName) || HubReference.Parse(pathOrName) is not { } reference) return pathOrName;
        options.Validate();
        var cache = new HubCache(Path.GetFullPath(options.CacheFolder), reference);
        var state = SnapshotState.Partial;
        string? cached = null;
        if (cache.Commit is { } commit)
        {
            state = cache.State(commit);
            cached = cache.Snapshot(commit);
            if (state == SnapshotState.Whole) return cached;
        }
        if (options.Offline)
        {
            return state == SnapshotState.Usable ? cached!
                : throw new HubException(pathOrName, $"no such folder here, and not whole in the hub's cache ({options.CacheFolder}), with --offline or HF_HUB_OFFLINE; run once without, or give a local folder.");
        }
        using var client = new HubClient(options, reference, wait);
        try
        {
            // The library is synchronous throughout; nothing in it captures a context.
            return new HubDownload(reference, cache, client, progress).RunAsync(cancellation).GetAwaiter().GetResult();
        }
        catch (HubException) when (state == SnapshotState.Usable && client.IsUnreachable)
        {
            return cached!;
        }
    }
}

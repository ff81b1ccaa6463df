namespace LoraComposition.FewShot;

/// <summary>Brings one revision of a repository into the cache.</summary>
sealed class HubDownload(HubReference reference, HubCache cache, HubClient client, IProgressReporter progress)
{
    /// <returns>The snapshot's folder.</returns>
    public async Task<string> RunAsync(CancellationToken cancellation)
    {
        var (commit, files) = await client.RevisionAsync(cancellation).ConfigureAwait(false);
        string snapshot = cache.Snapshot(commit);
        // Before anything is fetched; the index of shards is read only afterwards.
        Needed(files, _ => []);
        progress.Report($"{reference}: fetching commit {commit[..12]} from {client.Endpoint} into {snapshot}");
        foreach (string file in HubContents.Settings(files)) await FetchAsync(commit, file, cancellation).ConfigureAwait(false);
        foreach (string file in HubContents.Companions.Where(file => !files.Contains(file))) cache.MarkAbsent(commit, file);
        // The weights come last: a snapshot that holds them holds all the rest.
        foreach (string file in Needed(files, index => HubContents.Shards(Path.Combine(snapshot, index)))) await FetchAsync(commit, file, cancellation).ConfigureAwait(false);
        cache.Pin(commit);
        return snapshot;
    }

    IReadOnlyList<string> Needed(IReadOnlySet<string> files, Func<string, IReadOnlyList<string>> shards)
    {
        var needed = HubContents.Weights(files, shards);
        if (needed is not null && needed.All(files.Contains)) return needed;
        string? pickle = files.Order(StringComparer.Ordinal).FirstOrDefault(file => file.EndsWith(".bin", StringComparison.Ordinal) || file.EndsWith(".pt", StringComparison.Ordinal));
        throw new HubException(reference.ToString(), pickle is not null
            ? $"the hub has no safetensors weights of it, only {pickle}, a pickle, and reading one can run code; convert it with transformers or PEFT (save_pretrained) and give the folder, or name a revision that has them."
            : "the hub's files are neither a model (config.json with model.safetensors) nor an adapter (adapter_config.json with adapter_model.safetensors); download what you need of it and give the folder.");
    }

    async Task FetchAsync(string commit, string file, CancellationToken cancellation)
    {
        if (File.Exists(Path.Combine(cache.Snapshot(commit), file))) return;
        var content = await client.DescribeAsync(commit, file, cancellation).ConfigureAwait(false);
        string blob = cache.Blob(content.Hash);
        Directory.CreateDirectory(Path.GetDirectoryName(blob)!);
        using (await cache.LockAsync(content.Hash, () => progress.Report($"{reference}: another process is fetching {file}; waiting for it."), cancellation).ConfigureAwait(false))
        {
            // The other process may have brought it, and may have had to move it where links cannot be made.
            if (File.Exists(Path.Combine(cache.Snapshot(commit), file))) return;
            if (!File.Exists(blob))
            {
                using var bar = progress.Begin($"{reference.Repository} {file}", content.Size);
                await client.FetchAsync(content, cache.Incomplete(content.Hash), bar, cancellation).ConfigureAwait(false);
                File.Move(cache.Incomplete(content.Hash), blob);
            }
            cache.Link(commit, file, content.Hash);
        }
    }
}

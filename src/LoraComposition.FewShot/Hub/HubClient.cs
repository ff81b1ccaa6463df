using System.Net;
using System.Text.Json;

namespace LoraComposition.FewShot;

/// <summary>Speaks the hub's endpoints for one repository: what a revision holds, what a file is, and its content.</summary>
sealed class HubClient : IDisposable
{
    /// <summary>The header with the hash of a file that lies elsewhere.</summary>
    internal const string LinkedHash = "X-Linked-ETag";

    const string LinkedSize = "X-Linked-Size";
    const int MaxAnswer = 32 << 20, BufferSize = 1 << 16;

    readonly HubRequests requests;
    readonly HubReference reference;

    public HubClient(HubOptions options, HubReference reference, Func<TimeSpan, CancellationToken, Task> wait) =>
        (requests, this.reference) = (new HubRequests(options, reference, wait), reference);

    public Uri Endpoint => requests.Endpoint;

    public bool IsUnreachable => requests.IsUnreachable;

    /// <summary>The commit that the revision stands for, and the names of its files as the server gives them: not checked.</summary>
    public Task<(string Commit, IReadOnlySet<string> Files)> RevisionAsync(CancellationToken cancellation)
    {
        var address = new Uri(Endpoint, $"api/models/{reference.Repository}/revision/{Uri.EscapeDataString(reference.Revision)}");
        return requests.AttemptAsync(async () =>
        {
            using var response = await requests.SendAsync(HttpMethod.Get, address, 0, cancellation).ConfigureAwait(false);
            byte[] text = await TextAsync(response, cancellation).ConfigureAwait(false);
            try
            {
                using var json = JsonDocument.Parse(text);
                string commit = json.RootElement.GetProperty("sha").GetString() ?? "";
                IReadOnlySet<string> files = json.RootElement.GetProperty("siblings").EnumerateArray().Select(file => file.GetProperty("rfilename").GetString() ?? "").ToHashSet(StringComparer.Ordinal);
                if (HubReference.IsHash(commit) && (!reference.IsCommit || commit == reference.Revision)) return (commit, files);
            }
            catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
            {
                throw requests.Refusal($"{Endpoint} does not answer as a hub does (expected JSON with sha and siblings); check HF_ENDPOINT.", e);
            }
            throw requests.Refusal($"{Endpoint} does not say which commit '{reference.Revision}' is; check HF_ENDPOINT.");
        }, cancellation);
    }

    /// <summary>Hash and size of a file.</summary>
    public Task<HubFile> DescribeAsync(string commit, string name, CancellationToken cancellation)
    {
        var address = new Uri(Endpoint, $"{reference.Repository}/resolve/{commit}/{Uri.EscapeDataString(name)}");
        return requests.AttemptAsync(async () =>
        {
            using var response = await requests.SendAsync(HttpMethod.Head, address, 0, cancellation).ConfigureAwait(false);
            string hash = (Header(response, LinkedHash) ?? Header(response, "ETag") ?? "").Replace("W/", "", StringComparison.Ordinal).Trim('"');
            if (!BlobHash.Is(hash)) throw requests.Refusal($"{Endpoint} gives no checksum for {name} (ETag or {LinkedHash}), so it is not fetched; check HF_ENDPOINT.");
            long? size = Header(response, LinkedSize) is { } linked ? (long.TryParse(linked, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out long bytes) ? bytes : null)
                : response.IsSuccessStatusCode ? response.Content.Headers.ContentLength : null;
            return new HubFile(name, address, hash, size ?? throw requests.Refusal($"{Endpoint} gives no size for {name}, so it is not fetched; check HF_ENDPOINT."));
        }, cancellation);
    }

    /// <summary>Fetches a file's content, from where an earlier attempt has got to, and checks it.</summary>
    /// <param name="file">The file.</param>
    /// <param name="path">Where to write it. It is whole and right when this returns; where the content was wrong it is gone, and else holds what has come.</param>
    /// <param name="bar">Advances by bytes.</param>
    /// <param name="cancellation">Stops.</param>
    public Task FetchAsync(HubFile file, string path, IProgressTask bar, CancellationToken cancellation)
    {
        long shown = 0;
        return requests.AttemptAsync(async () =>
        {
            bool isWrong = false;
            try
            {
                using var content = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
                if (content.Length > file.Size) content.SetLength(0);
                bool resumed = content.Length > 0;
                string hash = await CompleteAsync(file, content, Show, cancellation).ConfigureAwait(false);
                if (hash == file.Hash)
                {
                    content.Flush(flushToDisk: true);
                    return true;
                }
                isWrong = true;
                string found = $"{file.Name} is not what the hub says: expected the hash {file.Hash}, found {hash}";
                // What an earlier run left may be what is wrong: a power cut leaves zeros.
                throw resumed ? new PassingFailure(found, TimeSpan.Zero) : requests.Refusal($"{found}; it was removed. Run again, or check HF_ENDPOINT.");
            }
            catch (ContentTooLongException)
            {
                isWrong = true;
                throw requests.Refusal($"{file.Name} is longer than the {file.Size} bytes that the hub says; it was removed. Check HF_ENDPOINT.");
            }
            finally
            {
                if (isWrong) File.Delete(path);
            }
        }, cancellation);

        void Show(long position)
        {
            if (position <= shown) return;
            bar.Advance(position - shown);
            shown = position;
        }
    }

    public void Dispose() => requests.Dispose();

    /// <summary>Brings a file to its whole length.</summary>
    /// <returns>The hash of all of it.</returns>
    async Task<string> CompleteAsync(HubFile file, FileStream content, Action<long> show, CancellationToken cancellation)
    {
        byte[] buffer = new byte[BufferSize];
        var hash = new BlobHash(file.Hash, file.Size);
        try
        {
            for (int read; (read = await content.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0;) hash.Add(buffer.AsSpan(0, read));
            show(content.Position);
            if (content.Position == file.Size) return hash.End();

            using var response = await requests.SendAsync(HttpMethod.Get, file.Address, content.Position, cancellation).ConfigureAwait(false);
            // A server may answer with the whole file.
            if (content.Position > 0 && (response.StatusCode != HttpStatusCode.PartialContent || response.Content.Headers.ContentRange?.From != content.Position))
            {
                content.SetLength(0);
                content.Position = 0;
                if (response.StatusCode == HttpStatusCode.PartialContent) throw new PassingFailure($"{Endpoint} sends another part of {file.Name} than was asked for", TimeSpan.Zero);
                hash.Dispose();
                hash = new BlobHash(file.Hash, file.Size);
            }
            var body = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
            for (int read; (read = await HubRequests.ReadAsync(body, buffer, cancellation).ConfigureAwait(false)) > 0;)
            {
                if (content.Position + read > file.Size) throw new ContentTooLongException();
                await content.WriteAsync(buffer.AsMemory(0, read), cancellation).ConfigureAwait(false);
                hash.Add(buffer.AsSpan(0, read));
                show(content.Position);
            }
            return content.Position == file.Size ? hash.End() : throw new PassingFailure($"the connection was cut at byte {content.Position} of {file.Size}");
        }
        finally
        {
            hash.Dispose();
        }
    }

    async Task<byte[]> TextAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        using var text = new MemoryStream();
        byte[] buffer = new byte[BufferSize];
        var body = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        for (int read; (read = await HubRequests.ReadAsync(body, buffer, cancellation).ConfigureAwait(false)) > 0;)
        {
            if (text.Length + read > MaxAnswer) throw requests.Refusal($"{Endpoint} answers with more than {MaxAnswer >> 20} MiB; check HF_ENDPOINT.");
            text.Write(buffer, 0, read);
        }
        return text.ToArray();
    }

    static string? Header(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;

    sealed class ContentTooLongException : Exception;
}

using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace LoraComposition.FewShot.Tests.Hub;

/// <summary>A server on this machine that speaks the hub's endpoints for one repository, with a second one for large files, and misbehaves as told.</summary>
internal sealed class LocalHub : IDisposable
{
    public const string Repository = "someone/some-vit", Commit = "0123456789abcdef0123456789abcdef01234567";

    readonly HttpListener hub = new(), storage = new();
    readonly Task[] loops;

    public LocalHub()
    {
        (Address, StorageAddress) = (Start(hub), Start(storage));
        loops = [Task.Run(() => LoopAsync(hub, Answer)), Task.Run(() => LoopAsync(storage, AnswerContent))];
    }

    public string Address { get; }

    /// <summary>Another host than the hub's, because its port is another.</summary>
    public string StorageAddress { get; }

    /// <summary>The files of the repository. Those of safetensors lie on the other host.</summary>
    public Dictionary<string, byte[]> Files { get; } = [];

    /// <summary>Names that the server lists beside its files.</summary>
    public List<string> AlsoListed { get; } = [];

    /// <summary>Every request: method, path, and what it asked for.</summary>
    public List<(string Line, string? Token, string? Range)> Requests { get; } = [];

    public IEnumerable<string> Lines => Requests.Select(request => request.Line);

    /// <summary>Status codes that the next requests are answered with, first in, first out.</summary>
    public Queue<int> Failures { get; } = [];

    /// <summary>When to come again after a failure: in seconds, or a date.</summary>
    public string RetryAfter { get; set; } = "7";

    /// <summary>What the server's clock says beside it; the right time where null.</summary>
    public string? Date { get; set; }

    /// <summary>After how many bytes each answer with content is cut off.</summary>
    public int? CutAfter { get; set; }

    /// <summary>What is sent in the place of a file's content.</summary>
    public Dictionary<string, byte[]> Sent { get; } = [];

    /// <summary>Whether ranges are passed over, and the whole is sent.</summary>
    public bool IgnoresRanges { get; set; }

    /// <summary>Runs after each answer with content of a file of weights, before the connection ends.</summary>
    public Action? AfterContent { get; set; }

    public HubOptions Options(string cache) => new() { CacheFolder = cache, Endpoint = Address, Token = "hf_secret", Offline = false, Attempts = 3 };

    public static string HashOf(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    public void Dispose()
    {
        hub.Close();
        storage.Close();
        Task.WaitAll(loops);
    }

    static string Start(HttpListener listener)
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        string address = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/";
        probe.Stop();
        listener.Prefixes.Add(address);
        listener.Start();
        return address.TrimEnd('/');
    }

    async Task LoopAsync(HttpListener listener, Action<HttpListenerRequest, HttpListenerResponse> answer)
    {
        try
        {
            while (true)
            {
                var context = await listener.GetContextAsync();
                lock (Requests) Requests.Add(($"{context.Request.HttpMethod} {context.Request.RawUrl}", context.Request.Headers["Authorization"], context.Request.Headers["Range"]));
                try
                {
                    answer(context.Request, context.Response);
                    context.Response.Close();
                }
                catch (Exception e) when (e is HttpListenerException or IOException or ObjectDisposedException or InvalidOperationException)
                {
                    context.Response.Abort();
                }
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // Closed.
        }
    }

    void Answer(HttpListenerRequest request, HttpListenerResponse response)
    {
        string path = request.Url!.AbsolutePath;
        if (Failures.TryDequeue(out int failure))
        {
            response.StatusCode = failure;
            response.Headers["Retry-After"] = RetryAfter;
            if (Date is not null) response.Headers["Date"] = Date;
            return;
        }
        if (path.StartsWith($"/api/models/{Repository}/revision/", StringComparison.Ordinal))
        {
            byte[] text = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { sha = Commit, siblings = Files.Keys.Concat(AlsoListed).Select(file => new { rfilename = file }) }));
            response.OutputStream.Write(text);
            return;
        }
        string start = $"/{Repository}/resolve/{Commit}/", name = Path.GetFileName(path);
        if (!path.StartsWith(start, StringComparison.Ordinal) || !Files.TryGetValue(name, out byte[]? content))
        {
            response.StatusCode = 404;
            return;
        }
        if (name.EndsWith(".safetensors", StringComparison.Ordinal))
        {
            response.Headers["X-Linked-ETag"] = $"\"{HashOf(content)}\"";
            response.Headers["X-Linked-Size"] = $"{content.Length}";
            response.StatusCode = 302;
            response.Headers["Location"] = $"{StorageAddress}/{name}?signed";
            return;
        }
        response.Headers["ETag"] = $"\"{Convert.ToHexStringLower(CryptographicOperations.HashData(HashAlgorithmName.SHA1, [.. Encoding.ASCII.GetBytes($"blob {content.Length}\0"), .. content]))}\"";
        if (request.HttpMethod == "HEAD") response.ContentLength64 = content.Length;
        else Send(request, response, Sent.GetValueOrDefault(name, content));
    }

    void AnswerContent(HttpListenerRequest request, HttpListenerResponse response)
    {
        string name = Path.GetFileName(request.Url!.AbsolutePath);
        Send(request, response, Sent.GetValueOrDefault(name, Files[name]));
    }

    void Send(HttpListenerRequest request, HttpListenerResponse response, byte[] content)
    {
        int from = 0;
        if (!IgnoresRanges && request.Headers["Range"] is { } range)
        {
            from = int.Parse(range["bytes=".Length..].TrimEnd('-'));
            response.StatusCode = 206;
            response.Headers["Content-Range"] = $"bytes {from}-{content.Length - 1}/{content.Length}";
        }
        response.ContentLength64 = content.Length - from;
        int most = CutAfter is { } cut ? Math.Min(cut, content.Length - from) : content.Length - from;
        response.OutputStream.Write(content, from, most);
        response.OutputStream.Flush();
        if (request.Url!.AbsolutePath.EndsWith(".safetensors", StringComparison.Ordinal)) AfterContent?.Invoke();
        if (most < content.Length - from) response.Abort();
    }
}

using System.Net;
using System.Net.Http.Headers;

namespace LoraComposition.FewShot;

/// <summary>An attempt that failed in a way that a later one may not.</summary>
sealed class PassingFailure(string message, TimeSpan? after = null, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>How long the server asks to wait.</summary>
    public TimeSpan? After => after;
}

/// <summary>Requests to a hub: redirects, the token, failures in words, and what to try again.</summary>
sealed class HubRequests : IDisposable
{
    const int MostRedirects = 5;
    static readonly TimeSpan patience = TimeSpan.FromSeconds(60), longestWait = TimeSpan.FromSeconds(120);

    readonly HubOptions options;
    readonly HubReference reference;
    readonly Func<TimeSpan, CancellationToken, Task> wait;
    // Redirects are followed here, because the token must not go along.
    readonly HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { Timeout = Timeout.InfiniteTimeSpan };

    public HubRequests(HubOptions options, HubReference reference, Func<TimeSpan, CancellationToken, Task> wait)
    {
        (this.options, this.reference, this.wait) = (options, reference, wait);
        Endpoint = new Uri(options.Endpoint.TrimEnd('/') + "/");
        http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("lora-composition", typeof(HubRequests).Assembly.GetName().Version?.ToString(3)));
    }

    public Uri Endpoint { get; }

    /// <summary>Whether the last failure was that no server answered.</summary>
    public bool IsUnreachable { get; private set; }

    /// <summary>Makes attempts until one succeeds or fails for good.</summary>
    /// <exception cref="HubException">It fails for good, or failed as often as the options allow.</exception>
    public async Task<T> AttemptAsync<T>(Func<Task<T>> attempt, CancellationToken cancellation)
    {
        for (int tried = 1; ; tried++)
        {
            PassingFailure failure;
            try
            {
                return await attempt().ConfigureAwait(false);
            }
            catch (PassingFailure e)
            {
                failure = e;
            }
            var pause = failure.After ?? TimeSpan.FromSeconds(1 << Math.Min(tried - 1, 5));
            if (tried >= options.Attempts || pause > longestWait)
                throw Refusal($"{failure.Message}; tried {tried} times{(failure.After is { } after && after > longestWait ? $", and the server asks to wait {Duration.Text(after)}" : "")}. Run again later: what has come is kept.", failure);
            await wait(pause, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Sends one request and follows redirects. A <c>HEAD</c> is answered by the first response that names a linked file.</summary>
    /// <param name="method">GET or HEAD.</param>
    /// <param name="address">Where.</param>
    /// <param name="from">The first byte to ask for.</param>
    /// <param name="cancellation">Stops.</param>
    /// <returns>A response of success, or the redirect that names a linked file. The caller disposes it.</returns>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, Uri address, long from, CancellationToken cancellation)
    {
        for (int hop = 0; hop <= MostRedirects; hop++)
        {
            using var request = new HttpRequestMessage(method, address);
            if (options.Token is { } token && IsEndpoint(address)) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            if (from > 0) request.Headers.Range = new RangeHeaderValue(from, null);
            var response = await AnswerAsync(request, cancellation).ConfigureAwait(false);
            if (response.IsSuccessStatusCode || (method == HttpMethod.Head && IsRedirect(response.StatusCode) && response.Headers.Contains(HubClient.LinkedHash))) return response;
            using (response)
            {
                if (!IsRedirect(response.StatusCode)) throw Failure(response);
                address = Next(address, response.Headers.Location);
            }
        }
        throw Refusal($"{Endpoint} redirects more than {MostRedirects} times.");
    }

    /// <summary>Reads some of a response's body; 0 at its end.</summary>
    public static async Task<int> ReadAsync(Stream body, Memory<byte> buffer, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(patience);
        try
        {
            return await body.ReadAsync(buffer, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new PassingFailure(e is OperationCanceledException ? $"nothing came for {Duration.Text(patience)}" : $"the connection was cut ({e.Message})", inner: e);
        }
    }

    public HubException Refusal(string message, Exception? inner = null) => new(reference.ToString(), message, inner);

    public void Dispose() => http.Dispose();

    async Task<HttpResponseMessage> AnswerAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(patience);
        try
        {
            return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token).ConfigureAwait(false);
        }
        catch (HttpRequestException e) when (e.HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError
            or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError)
        {
            IsUnreachable = true;
            throw Refusal($"no such folder here, and not whole in the hub's cache ({options.CacheFolder}); cannot reach {Host(request)} ({(e.InnerException ?? e).Message}): connect to the network, set HF_ENDPOINT, or give a local folder.", e);
        }
        catch (HttpRequestException e)
        {
            throw new PassingFailure($"{Host(request)} broke off ({(e.InnerException ?? e).Message})", inner: e);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            IsUnreachable = true;
            throw new PassingFailure($"{Host(request)} did not answer for {Duration.Text(patience)}", inner: e);
        }
    }

    Exception Failure(HttpResponseMessage response)
    {
        int status = (int)response.StatusCode;
        string server = Host(response.RequestMessage!), page = new Uri(Endpoint, reference.Repository).ToString();
        return response.StatusCode switch
        {
            HttpStatusCode.TooManyRequests => new PassingFailure($"{server} is asked too often (429){(options.Token is null ? "; with HF_TOKEN it allows more" : "")}", After(response)),
            HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError => new PassingFailure($"{server} fails ({status})", After(response)),
            // The hub answers so for what does not exist, too, so that nobody learns what is private.
            HttpStatusCode.Unauthorized when options.Token is null => Refusal($"{server} shows it to nobody unknown (401): it does not exist, or is private or gated; check the name, or set HF_TOKEN to a token that may read it."),
            HttpStatusCode.Unauthorized => Refusal($"{server} does not accept the token of HF_TOKEN (401): it does not exist, or the token has ended or may not read it; check both."),
            HttpStatusCode.Forbidden => Refusal($"{server} refuses it (403): accept its terms on {page} if it is gated, and set HF_TOKEN to a token that may read it."),
            HttpStatusCode.NotFound => Refusal($"no such folder here, and {server} has no such model or revision '{reference.Revision}' (404); check the name."),
            _ => Refusal($"{server} answers {status} {response.ReasonPhrase}; download it by other means and give the folder."),
        };
    }

    static TimeSpan? After(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        // By the server's own clock, where it tells it: this machine's may be wrong.
        { Date: { } date } => date - (response.Headers.Date ?? DateTimeOffset.UtcNow) is { Ticks: > 0 } left ? left : TimeSpan.Zero,
        _ => null,
    };

    Uri Next(Uri address, Uri? location)
    {
        if (location is null) throw Refusal($"{Endpoint} redirects to nowhere.");
        var next = new Uri(address, location);
        if (next.Scheme == Uri.UriSchemeHttps || (next.Scheme == Uri.UriSchemeHttp && Endpoint.Scheme == Uri.UriSchemeHttp)) return next;
        throw Refusal($"{Endpoint} redirects to {next.GetLeftPart(UriPartial.Authority)}, which is not https; it is not followed.");
    }

    bool IsEndpoint(Uri address) => Uri.Compare(address, Endpoint, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0;

    static bool IsRedirect(HttpStatusCode status) => (int)status is 301 or 302 or 303 or 307 or 308;

    static string Host(HttpRequestMessage request) => request.RequestUri!.GetLeftPart(UriPartial.Authority);
}

namespace LoraComposition.FewShot;

/// <summary>Where models are looked for and fetched from. The defaults are those of the hub's own client, and are read from the environment.</summary>
public sealed record HubOptions
{
    /// <summary>The folder of the cache. Default: <c>HF_HUB_CACHE</c>, else <c>hub</c> in <c>HF_HOME</c>, else <c>~/.cache/huggingface/hub</c>.</summary>
    public string CacheFolder { get; init; } = FromEnvironment("HF_HUB_CACHE") ?? Path.Combine(Home(), "hub");

    /// <summary>The address of the hub. Default: <c>HF_ENDPOINT</c>, else <c>https://huggingface.co</c>.</summary>
    public string Endpoint { get; init; } = FromEnvironment("HF_ENDPOINT") ?? "https://huggingface.co";

    /// <summary>What the hub knows its user by; null for nobody. Sent to the host of <see cref="Endpoint"/> alone. Default: <c>HF_TOKEN</c>.</summary>
    public string? Token { get; init; } = FromEnvironment("HF_TOKEN");

    /// <summary>Whether only the cache is looked into. Default: false, or true where <c>HF_HUB_OFFLINE</c> is 1.</summary>
    public bool Offline { get; init; } = FromEnvironment("HF_HUB_OFFLINE")?.ToUpperInvariant() is "1" or "TRUE" or "YES" or "ON";

    /// <summary>How many times in all a request is made that the hub is too busy for or whose connection is cut. Default 5.</summary>
    public int Attempts { get; init; } = 5;

    /// <summary>Checks the settings.</summary>
    /// <exception cref="ArgumentException">One of them cannot be worked with.</exception>
    public void Validate()
    {
        if (string.IsNullOrWhiteSpace(CacheFolder)) throw new ArgumentException("The hub's cache folder is empty; give a folder.");
        if (!Uri.TryCreate(Endpoint, UriKind.Absolute, out var address) || (address.Scheme != Uri.UriSchemeHttps && address.Scheme != Uri.UriSchemeHttp)
            || address.UserInfo.Length > 0 || address.Query.Length > 0)
            throw new ArgumentException($"The hub's address is '{Endpoint}'; expected one such as https://huggingface.co (HF_ENDPOINT).");
        // The token itself is never shown.
        if (Token is { } token && !token.All(c => c is > ' ' and <= '~')) throw new ArgumentException("The hub's token (HF_TOKEN) holds spaces or other characters that no token has.");
        if (Attempts < 1) throw new ArgumentException($"The attempts are {Attempts}; they must be at least 1.");
    }

    /// <summary>Says where, and never the token.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"{Endpoint}, cached in {CacheFolder}{(Offline ? ", offline" : "")}";

    static string Home() => FromEnvironment("HF_HOME") ?? Path.Combine(CacheHome.Folder, "huggingface");

    static string? FromEnvironment(string variable) => CacheHome.FromEnvironment(variable);
}

namespace LoraComposition.FewShot;

/// <summary>Where a user's caches are.</summary>
static class CacheHome
{
    /// <summary><c>XDG_CACHE_HOME</c>, else <c>~/.cache</c>.</summary>
    public static string Folder => FromEnvironment("XDG_CACHE_HOME") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");

    /// <summary>A variable of the environment; null where it is missing or empty.</summary>
    public static string? FromEnvironment(string variable)
    {
        string? value = Environment.GetEnvironmentVariable(variable)?.Trim();
        if (string.IsNullOrEmpty(value)) return null;
        // Shells expand it, files of settings do not.
        return value.StartsWith("~/", StringComparison.Ordinal) ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), value[2..]) : value;
    }
}

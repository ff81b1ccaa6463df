namespace LoraComposition.FewShot;

/// <summary>Where features are kept, and how many.</summary>
public sealed record FeatureCacheOptions
{
    /// <summary>
    /// The folder. Default: <c>LORA_COMPOSITION_FEATURES</c> of the environment, else <c>lora-composition/features</c> in <c>XDG_CACHE_HOME</c>, else in
    /// <c>~/.cache</c>.
    /// </summary>
    public string Folder { get; init; } = CacheHome.FromEnvironment("LORA_COMPOSITION_FEATURES") ?? Path.Combine(CacheHome.Folder, "lora-composition", "features");

    /// <summary>The most bytes that lie in the folder; what was not used for longest leaves first. Default 2 GiB, some 700,000 pictures of a ViT-B.</summary>
    public long MostBytes { get; init; } = 2L << 30;

    /// <summary>Checks the settings.</summary>
    /// <exception cref="ArgumentException">One of them cannot be worked with.</exception>
    public void Validate()
    {
        if (string.IsNullOrWhiteSpace(Folder)) throw new ArgumentException("The folder of kept features is empty; give a folder.");
        if (MostBytes < 1) throw new ArgumentException($"The most bytes of kept features are {MostBytes}; they must be at least 1.");
    }
}

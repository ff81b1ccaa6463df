using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>One domain of PACS (Li and others, 2017). All domains have the same 7 classes with the same labels. A seeded fifth of each class is tested on.</summary>
/// <param name="domain">The domain.</param>
/// <exception cref="ArgumentOutOfRangeException">There is no such domain.</exception>
public sealed class Pacs(PacsDomain domain) : ImageBenchmark($"pacs-{FolderOf(domain).Replace('_', '-')}",
    $"{FolderOf(domain)}/<class>/*.jpg or *.png with the classes {string.Join(", ", pacsClasses)}")
{
    static readonly string[] pacsClasses = ["dog", "elephant", "giraffe", "guitar", "horse", "house", "person"];

    /// <summary>The domain.</summary>
    public PacsDomain Domain => domain;

    private protected override IReadOnlyList<string> SubFolders { get; } = ["kfold", "PACS", Path.Combine("PACS", "kfold"), "pacs_data"];

    private protected override IReadOnlyList<string> ClassNames => pacsClasses;

    private protected override HubTable Hub { get; } = new() { Only = ("domain", FolderOf(domain)) };

    private protected override bool IsOriginal(string folder) => Directory.Exists(Path.Combine(folder, FolderOf(domain)));

    private protected override ImageSplits OpenOriginal(string folder)
    {
        string pictures = Path.Combine(folder, FolderOf(domain));
        var all = ImageFolderDataset.Open(pictures, Name);
        if (!all.ClassNames.SequenceEqual(pacsClasses, StringComparer.Ordinal))
            throw new DataException(pictures,
                $"expected the classes {string.Join(", ", pacsClasses)}, found {string.Join(", ", all.ClassNames.Take(pacsClasses.Length + 1))}; the domains are compared by their labels, so each needs all classes and no other folder.");
        return ImageSplits.Seeded(all, SplitSeed);
    }

    static string FolderOf(PacsDomain domain) => domain switch
    {
        PacsDomain.ArtPainting => "art_painting",
        PacsDomain.Cartoon => "cartoon",
        PacsDomain.Photo => "photo",
        PacsDomain.Sketch => "sketch",
        _ => throw new ArgumentOutOfRangeException(nameof(domain), domain, "There is no such domain."),
    };
}

/// <summary>How the pictures of a part of PACS are made.</summary>
public enum PacsDomain
{
    /// <summary>Paintings.</summary>
    ArtPainting,

    /// <summary>Cartoons.</summary>
    Cartoon,

    /// <summary>Photographs.</summary>
    Photo,

    /// <summary>Sketches.</summary>
    Sketch,
}

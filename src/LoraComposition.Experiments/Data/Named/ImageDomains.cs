using LoraComposition.FewShot;

namespace LoraComposition.Experiments;

/// <summary>One's own pictures of the same classes in several domains: <c>&lt;domain&gt;/&lt;class&gt;/*</c>, each domain with parts or without.</summary>
/// <remarks>Immutable, and safe to use from several threads.</remarks>
public sealed class ImageDomains
{
    const int FewestDomains = 2, MostNamed = 5;

    readonly string folder;

    ImageDomains(string folder, IReadOnlyList<string> names) => (this.folder, Names) = (folder, names);

    /// <summary>The names of the domains, in ordinal order.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Lists the domains of a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>The domains; their classes are not looked at yet.</returns>
    /// <exception cref="DataException">The folder is missing, one of the domains has no pictures, or there are fewer than two.</exception>
    public static ImageDomains Of(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        // A folder of domains is to the eye a folder of classes, one level higher.
        var names = ImageFolderDataset.Open(folder).ClassNames;
        return names.Count >= FewestDomains ? new(folder, names)
            : throw new DataException(folder, $"expected <domain>/<class>/* with at least {FewestDomains} domains, found '{names[0]}' alone.");
    }

    /// <summary>Opens some of the domains.</summary>
    /// <param name="names">Which ones.</param>
    /// <param name="validationPerClass">The images of each class that will be held out of the training part.</param>
    /// <returns>The domains, in the order of their names, all with the same classes.</returns>
    /// <exception cref="DataException">A domain cannot be read, or they differ in their classes.</exception>
    public IReadOnlyList<NamedImages> Open(IReadOnlyList<string> names, int validationPerClass)
    {
        ArgumentNullException.ThrowIfNull(names);
        NamedImages[] domains = [.. names.Select(name => NamedImages.OpenOwn(name, Path.Combine(folder, name), validationPerClass))];
        string[] classes = [.. domains.SelectMany(domain => domain.Splits.Train.ClassNames).Distinct(StringComparer.Ordinal)];
        string[] Missing(NamedImages domain) => [.. classes.Except(domain.Splits.Train.ClassNames, StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        string[] lacking = [.. domains.Where(domain => Missing(domain).Length > 0).Select(domain => $"{domain.Name} has no {Listed(Missing(domain))}")];
        return lacking.Length == 0 ? domains
            : throw new DataException(folder, $"all domains need the same classes, but {string.Join("; ", lacking)}. "
                + "Leave a domain out with --upstream and --downstream, or make the folders alike.");
    }

    static string Listed(string[] names) =>
        names.Length <= MostNamed ? string.Join(", ", names) : $"{string.Join(", ", names.Take(MostNamed))} and {names.Length - MostNamed} more";
}

using LoraComposition.Experiments;

namespace CovariateShift;

/// <summary>PACS: seven classes as art paintings, cartoons, photos and sketches.</summary>
sealed class PacsDomains(string folder) : IDomains
{
    static readonly (string Name, PacsDomain Domain)[] domains = [("art_painting", PacsDomain.ArtPainting), ("cartoon", PacsDomain.Cartoon), ("photo", PacsDomain.Photo), ("sketch", PacsDomain.Sketch)];

    public IReadOnlyList<string> Names { get; } = [.. domains.Select(d => d.Name)];

    public IReadOnlyList<NamedImages> Open(IReadOnlyList<string> names, int validationPerClass) =>
        [.. names.Select(name => domains.Single(d => d.Name == name)).Select(d => new NamedImages(d.Name, new Pacs(d.Domain).Open(folder)))];
}

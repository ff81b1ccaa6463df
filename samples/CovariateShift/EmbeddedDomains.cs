using LoraComposition.Experiments;

namespace CovariateShift;

/// <summary>Ten fractal shapes, drawn in four styles.</summary>
sealed class EmbeddedDomains : IDomains
{
    const int Classes = 10, Train = 80, Test = 40;
    static readonly FractalStyle[] styles = [FractalStyle.Points, FractalStyle.Painting, FractalStyle.Cartoon, FractalStyle.Sketch];

    static readonly string[] styleNames = [.. styles.Select(style => style.ToString().ToLowerInvariant())];

    public IReadOnlyList<string> Names => styleNames;

    public IReadOnlyList<NamedImages> Open(IReadOnlyList<string> names, int validationPerClass)
    {
        int[] ids = [.. Enumerable.Range(0, Classes)];
        return [.. names.Select(name => (Name: name, Style: styles[Array.IndexOf(styleNames, name)]))
            .Select(domain => new NamedImages(domain.Name, new ImageSplits(new FractalDataset(ids, Train, style: domain.Style), new FractalDataset(ids, Test, firstInstance: Train, style: domain.Style))))];
    }
}

using LoraComposition.CommandLine;
using LoraComposition.Experiments;

namespace CovariateShift;

/// <summary>Ten fractal shapes, drawn in four styles.</summary>
sealed class EmbeddedDomains : IDomains
{
    const int Classes = 10, Train = 80, Test = 40;
    static readonly FractalStyle[] styles = [FractalStyle.Points, FractalStyle.Painting, FractalStyle.Cartoon, FractalStyle.Sketch];

    public IReadOnlyList<string> Names { get; } = [.. styles.Select(style => style.ToString().ToLowerInvariant())];

    public IReadOnlyList<NamedImages> Open()
    {
        int[] ids = [.. Enumerable.Range(0, Classes)];
        return [.. styles.Zip(Names, (style, name) => new NamedImages(name, new ImageSplits(new FractalDataset(ids, Train, style: style), new FractalDataset(ids, Test, firstInstance: Train, style: style))))];
    }
}

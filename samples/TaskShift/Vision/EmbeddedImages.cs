using LoraComposition.Experiments;

namespace TaskShift.Vision;

/// <summary>Four procedural data sets of ten classes that have nothing in common but the size of their pictures.</summary>
static class EmbeddedImages
{
    const int Classes = 10, Train = 80, Test = 40;

    /// <summary>Their names, in order.</summary>
    public static IReadOnlyList<string> Names { get; } = ["fractals", "polygons", "tilings", "glyphs"];

    public static IReadOnlyList<NamedImages> Create()
    {
        int[] ids = [.. Enumerable.Range(0, Classes)];
        return
        [
            new(Names[0], new ImageSplits(new FractalDataset(ids, Train), new FractalDataset(ids, Test, firstInstance: Train))),
            new(Names[1], new ImageSplits(new PolygonDataset(ids, Train), new PolygonDataset(ids, Test, firstInstance: Train))),
            new(Names[2], new ImageSplits(new TilingDataset(ids, Train), new TilingDataset(ids, Test, firstInstance: Train))),
            new(Names[3], new ImageSplits(new GlyphDataset(ids, Train), new GlyphDataset(ids, Test, firstInstance: Train))),
        ];
    }
}
